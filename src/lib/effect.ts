/**
 * What a request does, from the harmless to the grave. Every request to the cluster has one; of
 * several items in a body the most severe counts.
 *
 * - `read`: changes nothing
 * - `change`: adds or alters, and can be undone
 * - `interrupt`: a running VM or service stops, restarts or loses its network
 * - `lose`: data, protection or a schedule is lost
 * - `egress`: data or logins leave the cluster, or something foreign enters
 * - `control`: who may do what, the cluster's own settings, whatever is unknown
 */
export const effects = ['read', 'change', 'interrupt', 'lose', 'egress', 'control'] as const

export type Effect = (typeof effects)[number]

/** The most severe of some effects; `read` of none. */
export const mostSevere = (found: Iterable<Effect>): Effect =>
  [...found].reduce<Effect>(
    (worst, effect) => (effects.indexOf(effect) > effects.indexOf(worst) ? effect : worst),
    'read'
  )
