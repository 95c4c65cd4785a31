import { Type } from '@sinclair/typebox'
import type { VirDomain } from '../../hypercore/records/records.ts'
import { splitTags } from '../../hypercore/records/tags.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { quote, quoteName, quoteText } from '../../lib/text/quote.ts'
import { matchName, vmCandidate } from '../arguments/match-name.ts'
import { chooseNamed } from '../arguments/resolve-names.ts'
import type { ToolContext } from '../define-tool.ts'
import { isUuid, parseUuid } from '../../lib/text/uuid.ts'
import { filterVms } from './filter-vms.ts'
import { someOf } from '../../lib/text/some-of.ts'

/** Several VMs: names, `tag:prod`, or a filter as vm_read has it. */
export const Vms = Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
  minItems: 1,
  maxItems: 1000,
  'x-example': '["web-01", "tag:lab"]',
  description: 'names, tag:TAG or filter'
})

const tagForm = /^tags?\s*[:=]\s*"?([^":=<>!*()]+)"?$/i

async function meantBy(
  context: ToolContext,
  vms: readonly VirDomain[],
  text: string,
  bareTags: boolean
): Promise<readonly VirDomain[]> {
  const all = vms.map((vm) => vmCandidate(vm))
  const named = (uuid: string): VirDomain[] => vms.filter((vm) => vm.uuid === uuid)
  const byUuid = named(parseUuid(text) ?? '')
  if (byUuid.length > 0) return byUuid
  // A VM may be called anything, `tag:prod` too: one of exactly that name is meant.
  if (matchName(all, text, 'exact').length > 0 || isUuid(text)) {
    const { uuid } = await chooseNamed(
      context,
      { argument: 'vms', entity: 'vm', text },
      all,
      'exact'
    )
    return named(uuid)
  }
  const bearers = (tag: string): VirDomain[] =>
    vms.filter(({ tags }) => splitTags(tags).some((each) => foldCase(each) === foldCase(tag)))
  const [, tag] = tagForm.exec(text) ?? []
  if (tag !== undefined) {
    const bearing = bearers(tag)
    if (bearing.length > 0) return bearing
    const known = [...new Set(vms.flatMap(({ tags }) => splitTags(tags)))].slice(0, 20)
    throw new BridgeError(
      'NOT_FOUND',
      `No VM has the tag ${quoteText(tag, 60)}; there are ${known.map((each) => quoteText(each, 40)).join(', ') || 'none'}`
    )
  }
  if (foldCase(text) === 'all' || text.trim() === '*')
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'vms: all is not taken as a choice; pass names, a tag such as tag:lab, or a filter such as state:RUNNING'
    )
  if (/[:=<>]/.test(text)) return filterVms(context, vms, text)
  const tagged = bearers(text)
  if (tagged.length > 0 && bareTags) return tagged
  if (tagged.length > 0)
    throw new BridgeError(
      'NOT_FOUND',
      `No VM is called ${quoteText(text, 60)}, but ${tagged.length === 1 ? '1 VM has' : `${tagged.length} VMs have`} that tag. Nothing was sent: did you mean ${quote(`tag:${text}`)}?`
    )
  const { uuid } = await chooseNamed(context, { argument: 'vms', entity: 'vm', text }, all, 'exact')
  return named(uuid)
}

/**
 * The VMs that a caller means, each once, by their names.
 * @param options `bareTags`: a tag alone means the VMs that have it, for calls that lose nothing
 * @throws {BridgeError} NOT_FOUND, AMBIGUOUS_NAME, INVALID_ARGUMENT for what means none
 */
export async function chooseVms(
  context: ToolContext,
  texts: readonly string[],
  { bareTags = false } = {}
): Promise<VirDomain[]> {
  const { hypercore, signal } = context
  const vms = await hypercore.knownList('/VirDomain', { signal })
  const found = new Map<string, VirDomain>()
  for (const text of texts)
    for (const vm of await meantBy(context, vms, text, bareTags)) found.set(vm.uuid, vm)
  return [...found.values()].toSorted((a, b) => a.name.localeCompare(b.name))
}

/** VMs that a sentence names. */
const maxNamed = 10

/** `"web-01", "web-02" and 62 more` */
export const namesOf = (vms: readonly { name: string }[]): string =>
  someOf(
    vms.map(({ name }) => quoteName(name)),
    maxNamed
  )
