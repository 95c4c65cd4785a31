import type { Principal } from '../identity/principal.ts'
import type { Plan } from './plan.ts'
import { vmField } from './vms-touched.ts'

/**
 * Whether a plan was asked for by this token, or by the same verified person with another one. For
 * what is shown: who may decide is for `Plans` to say.
 */
export function isOwn({ requester, person }: Plan, by: Principal): boolean {
  if (person?.verified === true && by.person?.verified === true)
    return person.name === by.person.name || (requester === by.name && by.kind !== 'oidc')
  return requester === by.name
}

/**
 * Whether a principal may know of a plan: of every one, unless the token is limited to VMs with
 * some tags, then of its own and of those that act on such VMs, their disks, NICs and snapshots
 * alone.
 */
export function mayKnow(plan: Plan, by: Principal): boolean {
  const { vmTags } = by
  if (vmTags === undefined || isOwn(plan, by)) return true
  const allowed = new Set(vmTags.map((tag) => tag.toLowerCase()))
  const { targets, vms } = plan
  return (
    vms.length > 0 &&
    vms.every(({ tags }) => tags.some((tag) => allowed.has(tag.toLowerCase()))) &&
    // A node or a schedule is of no VM, whichever it touches.
    targets.every(({ entity }) => Object.hasOwn(vmField, entity))
  )
}
