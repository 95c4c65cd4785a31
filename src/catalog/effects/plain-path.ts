/**
 * A step that no server reads as another one: nothing is encoded that need not be, so that `%61ction`
 * cannot pass for an id.
 */
function isPlainStep(step: string): boolean {
  if (/^\.+$/.test(step)) return false
  if (!step.includes('%')) return true
  try {
    const decoded = decodeURIComponent(step)
    return encodeURIComponent(decoded) === step && !/[/\\\p{Cc}]/u.test(decoded)
  } catch {
    return false
  }
}

/** A path with nothing in it that would have to be looked at. */
const evident = /^(?:\/[\w-]+)+\/?$/

/** Whether a path means the same to every server on the way. One slash at its end is left out by all. */
export const isPlainPath = (path: string): boolean =>
  evident.test(path) ||
  (/^\/[\x21-\x7e]*$/.test(path) && !/[\\#?]|\/\//.test(path) && path.split('/').every(isPlainStep))

/**
 * Ids of singletons, versions and the like (FACTS 3.5), as opposed to the name of a call that the catalog
 * does not know.
 */
export const isFreeFormId = (value: string): boolean => /^(?=.*[\d_.-])[\w.-]+$/.test(value)
