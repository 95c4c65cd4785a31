import type { VirDomain } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'
import type { ToolContext } from '../define-tool.ts'

/** A disk, NIC or drive of a VM among others, for a caller who is to choose. */
export interface DeviceCandidate {
  uuid: string
  /** As a sentence lists it: `slot 1 (D:, 400 GiB VIRTIO_DISK)`. */
  text: string
  /** What tells it from the others, for the details of the error. */
  facts: Record<string, unknown>
}

/** How messages speak of a kind of device. */
export interface DeviceWords {
  /** Of one: `disk`. */
  one: string
  /** The argument that names it. */
  argument: string
  /** What the argument takes: `its slot, drive letter, name or uuid`. */
  takes: string
  /** Whether the only one is taken where the argument is left out. */
  isOptional?: true
  /** For a caller that may mean a new one: `addNIC adds a new one`. */
  orNew?: string
}

const listed = (candidates: readonly DeviceCandidate[]): string =>
  candidates.map(({ text, uuid }) => `${text}: ${uuid}`).join('; ')

const detailsOf = (candidates: readonly DeviceCandidate[]) => ({
  candidates: candidates.map(({ uuid, facts }) => ({ uuid, ...facts }))
})

/** @param why the beginning of the sentence: `VM "sql-01" has 3 disks` */
export const ambiguousDevice = (
  why: string,
  { argument, takes }: DeviceWords,
  candidates: readonly DeviceCandidate[]
): BridgeError =>
  new BridgeError(
    'AMBIGUOUS_NAME',
    `${why}: pass ${argument} as ${takes}. ${listed(candidates)}. Nothing was sent`,
    { details: detailsOf(candidates) }
  )

/** @param why the beginning of the sentence: `No disk of VM "sql-01" is in slot 7` */
export const unknownDevice = (
  why: string,
  { argument, takes, isOptional, orNew }: DeviceWords,
  candidates: readonly DeviceCandidate[]
): BridgeError => {
  const [only, ...others] = candidates
  const details = detailsOf(candidates)
  if (only === undefined) return new BridgeError('NOT_FOUND', why, { details })
  const [form, again] =
    others.length === 0 && isOptional === true
      ? ['. It has only', `leave ${argument} out if that is meant`]
      : [`: ${argument} takes ${takes}. It has`, 'call again with one of these']
  const next = orNew === undefined ? again : `${orNew}; or ${again}`
  return new BridgeError(
    'NOT_FOUND',
    `${why}${form} ${listed(candidates)}. Nothing was sent: ${next}`,
    { details }
  )
}

/**
 * Refuses a uuid that is none of the VM's: says whose it is, as far as the caller may see that.
 * @throws {BridgeError} INVALID_ARGUMENT for a device of another VM; NOT_FOUND with what the VM has
 */
export async function refuseForeign(
  { hypercore, signal }: ToolContext,
  vm: VirDomain,
  uuid: string,
  words: DeviceWords,
  candidates: readonly DeviceCandidate[]
): Promise<never> {
  const vms = await hypercore.knownList('/VirDomain', { signal })
  const owner = vms.find(({ blockDevs, netDevs }) =>
    [...blockDevs, ...netDevs].some((device) => device.uuid === uuid)
  )
  const name = quoteName(vm.name)
  if (owner === undefined || owner.uuid === vm.uuid)
    throw unknownDevice(`No ${words.one} of VM ${name} has the uuid ${uuid}`, words, candidates)
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `${words.argument} ${uuid} is of VM ${quoteName(owner.name)} (${owner.uuid}), not of VM ${name}: getVM_details of ${name} shows its own. Nothing was sent`,
    { details: { vmUUID: vm.uuid, owner: owner.uuid } }
  )
}
