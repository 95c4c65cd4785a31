import type { Principal } from '../identity/principal.ts'

/** What of a principal identifies the requester. */
export type Asker = Pick<Principal, 'kind' | 'name' | 'person'>

/** Two that must not approve each other's plans: the same token, or the same person behind two. */
export function isSame(one: Asker, other: Asker): boolean {
  if (one.kind === other.kind && one.name === other.name && one.kind !== 'oidc') return true
  const [a, b] = [one.person, other.person]
  if (a?.verified === true && b?.verified === true)
    // A user may change its name; the id stays.
    return a.name === b.name || (a.id !== undefined && a.id === b.id)
  // Without a person on both sides, the client of a sign-in is all there is to tell them apart.
  return one.kind === other.kind && one.name === other.name
}

/** Whether it is the requester; of several people behind one token, the same person. */
export function mayCarryOut(requester: Asker, by: Asker): boolean {
  const [asked, now] = [requester.person, by.person]
  if (asked?.verified !== true) return isSame(requester, by)
  const isPerson = now?.verified === true && (asked.id ?? asked.name) === (now.id ?? now.name)
  return isPerson && isSame(requester, by)
}
