import { BridgeError } from '../../lib/errors/errors.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { nearestMisspellings, nearestNames } from '../../lib/text/nearest.ts'
import { quote, quoteName } from '../../lib/text/quote.ts'
import type { Entity } from '../../lib/json/schema-keywords.ts'
import { textValue } from '../../views/text/text-form.ts'
import { type Candidate, type MatchMode, matchName } from './match-name.ts'

/** A name that a caller gave instead of a uuid. */
export interface GivenName {
  argument: string
  entity: Entity
  text: string
  /** Whose snapshots are meant, as it follows their name: `of VM "web-01"`. */
  of?: string
}

/** How messages speak of each, and where its uuid is found. */
const labels: Record<
  Entity,
  { one: string; many: string; verb: string; unnamed: string; name: string; find: string }
> = {
  vm: {
    one: 'VM',
    many: 'VMs',
    verb: 'is called',
    unnamed: 'VMs without a name',
    name: 'name',
    find: 'vm_read lists all VMs'
  },
  node: {
    one: 'node',
    many: 'nodes',
    verb: 'has the address or number',
    unnamed: 'nodes without an address',
    name: 'address',
    find: 'node_read lists the nodes'
  },
  snapshot: {
    one: 'snapshot',
    many: 'snapshots',
    verb: 'has the label',
    unnamed: 'snapshots without a label',
    name: 'label',
    find: 'vmSnapshots_read lists them, with vmUUID those of one VM'
  },
  schedule: {
    one: 'snapshot schedule',
    many: 'snapshot schedules',
    verb: 'is called',
    unnamed: 'snapshot schedules without a name',
    name: 'name',
    find: 'snapshotSchedule_read lists them'
  },
  iso: {
    one: 'ISO image',
    many: 'ISO images',
    verb: 'is called',
    unnamed: 'ISO images without a name',
    name: 'name',
    find: 'iso_read lists them'
  }
}

/** Candidates in a message; all are in the details. */
const maxShown = 8
const maxCandidates = 50

/** What stands in a table where there is nothing. */
const isDash = /^\s*[-–—]+\s*$/

/** What a caller writes who has no name, and numbers, which are as likely an index. */
const isNoName = /^(?:null|none|nil|undefined|true|false|nan|n\/a|-?\d+(?:\.\d+)?)$/i

/** Facts that others chose: names and tags; the rest are words of the cluster, addresses and times. */
const isText = (fact: string): boolean => /name$|^label$|^tags$/i.test(fact)

/** Facts that are shown of every candidate; others only where they tell one from another. */
const always = new Set([
  'name',
  'label',
  'vmName',
  'takenAt',
  'state',
  'node',
  'lanIP',
  'peerID',
  'networkStatus'
])

/** The candidates with what tells each from the others, and their uuids. */
export function describeCandidates(found: readonly Candidate[]): string {
  const differs = (fact: string): boolean =>
    new Set(found.map(({ facts }) => JSON.stringify(facts[fact]))).size > 1
  return found
    .slice(0, maxShown)
    .map(({ uuid, facts }) => {
      const shown = Object.entries(facts).filter(
        ([name, fact]) => fact !== '' && (always.has(name) || found.length === 1 || differs(name))
      )
      const words = shown.map(([name, fact]) => {
        const text = isText(name) ? quoteName(String(fact)) : textValue(fact)
        return always.has(name) ? text : `${name} ${text}`
      })
      return `${uuid} (${words.join(', ')})`
    })
    .join(', ')
}

function ambiguous(
  { argument, entity, text, of }: GivenName,
  found: readonly Candidate[]
): BridgeError {
  const { many, find } = labels[entity]
  const all = of === undefined ? many : `${many} ${of}`
  const more = found.length > maxShown ? `, and ${found.length - maxShown} more (${find})` : ''
  return new BridgeError(
    'AMBIGUOUS_NAME',
    `${found.length} ${all} match ${quote(text)}: pass the uuid of the one you mean as ${argument}: ${describeCandidates(found)}${more}`,
    {
      details: {
        candidates: found.slice(0, maxCandidates).map(({ uuid, facts }) => ({ uuid, ...facts }))
      }
    }
  )
}

/** What the argument takes, by how exact a name must be. */
const takes: Record<MatchMode, (name: string) => string> = {
  exact: (name) => `the ${name} exactly as it is written`,
  caseInsensitive: (name) => `the whole ${name}`,
  substring: (name) => `a ${name}`
}

/** More do not help to choose. */
const maxDescribed = 5

/** A name has fewer words, and what a VM is for is said in fewer letters. */
const maxWords = 8
const maxDescription = 1000

/** Names of those whose descriptions have all words of a text, where these are few. */
function describedBy(text: string, all: readonly Candidate[]): string[] {
  const words = wordsOf(text)
  if (words.length > maxWords) return []
  const found = all.filter(({ describedAs = '' }) => {
    const own = wordsOf(describedAs.slice(0, maxDescription))
    return words.every((word) => own.some((each) => each.startsWith(word)))
  })
  const isFew = words.join('').length >= 3 && found.length <= maxDescribed
  return isFew ? found.map(({ names: [name] }) => name) : []
}

const wordsOf = (text: string): string[] =>
  foldCase(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && word !== 'the')

function notFound(
  { argument, entity, text, of }: GivenName,
  all: readonly Candidate[],
  mode: MatchMode
): BridgeError {
  const { one, verb, name, unnamed, find } = labels[entity]
  const known = all.map(({ names }) => names[0]).filter((each) => each.trim() !== '')
  const missing = `No ${of === undefined ? one : `${one} ${of}`} ${verb} ${quote(text)}`
  if (entity === 'node')
    return new BridgeError(
      'NOT_FOUND',
      `${missing}: ${argument} takes one of ${known.join(', ')}; ${find}`
    )
  if (isDash.test(text))
    return new BridgeError(
      'NOT_FOUND',
      `${missing}: "-" in a table stands for ${unnamed}: pass the uuid as ${argument}; ${find}`
    )
  if (of !== undefined && all.length === 0)
    return new BridgeError('NOT_FOUND', `${missing}: it has no ${one}; ${find}`)
  const near = (mode === 'exact' ? nearestMisspellings : nearestNames)(text, known, 3)
  // A call that can lose data is offered nothing that cannot be meant.
  const own = of === undefined || mode === 'exact' ? [] : known
  const described = near.length > 0 || mode === 'exact' ? [] : describedBy(text, all)
  const hint =
    near.length > 0
      ? `; did you mean ${near.map(quoteName).join(', ')}?`
      : described.length > 0
        ? `; by its description or tags this may be ${described.map(quoteName).join(' or ')}.`
        : own.length > 0
          ? `; it has ${own.slice(0, maxShown).map(quoteName).join(', ')}${own.length > maxShown ? ` and ${own.length - maxShown} more` : ''}.`
          : '.'
  const form = described.length > 0 ? '' : `${argument} takes ${takes[mode](name)}, or the uuid. `
  return new BridgeError('NOT_FOUND', `${missing}${hint} ${form}${find}`)
}

/** A call that can lose data takes no word for a name that may be none, even if something has it. */
function refuseNoName({ argument, entity, text }: GivenName): void {
  const { name, unnamed, find } = labels[entity]
  if (entity === 'node' || !(isNoName.test(text) || isDash.test(text))) return
  const reason = isDash.test(text)
    ? `in a table stands for ${unnamed}`
    : `is not a valid ${name} here`
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `${argument} is ${quote(text)}, which ${reason}: pass the uuid; ${find}`
  )
}

/**
 * The one that a name means. Addresses and numbers of nodes are always taken whole.
 * @throws {BridgeError} NOT_FOUND with the nearest names; AMBIGUOUS_NAME with all that match;
 * INVALID_ARGUMENT for a word that is not a name, in a call that can lose data.
 */
export function chooseCandidate<C extends Candidate>(
  given: GivenName,
  all: readonly C[],
  mode: MatchMode
): C {
  if (mode === 'exact') refuseNoName(given)
  const found = matchName(all, given.text, given.entity === 'node' ? 'caseInsensitive' : mode)
  const [one, ...others] = found
  if (one === undefined) throw notFound(given, all, mode)
  if (others.length > 0) throw ambiguous(given, found)
  return one
}
