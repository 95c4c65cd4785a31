/**
 * Kinds of requests that never wait for one another, and are judged apart. Pings, logins and
 * logouts are none of them: a node has connections of their own for those.
 */
export const callKinds = ['read', 'poll', 'write', 'transfer'] as const

export type CallKind = (typeof callKinds)[number]
