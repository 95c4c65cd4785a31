import { BridgeError } from '../../lib/errors.ts'
import { nearestMisspellings, nearestNames } from '../../lib/nearest.ts'
import type { Tool, ToolContext } from '../define-tool.ts'
import {
  entityLabels,
  type MatchMode,
  matchName,
  type Candidate,
  nodeCandidate,
  snapshotCandidate,
  vmCandidate
} from './match-name.ts'
import { type DuplicateArgument, notTheSame } from './argument-names.ts'
import { nodeNames } from '../../views/vm/summary.ts'
import { quote } from '../../lib/quote.ts'
import { isUuid } from '../../lib/uuid.ts'
import type { Entity } from '../../lib/schema-keywords.ts'

/** Arguments with uuids in place of names. */
export interface ResolvedArguments {
  args: Record<string, unknown>
  /** What each name was taken for. */
  notes: string[]
}

interface NameGiven {
  argument: string
  entity: Entity
  text: string
}

/** Candidates in a message; all are in the details. */
const maxShown = 8
const maxCandidates = 50

const references = new WeakMap<object, [argument: string, entity: Entity][]>()

/** The arguments of a tool that name something of the cluster. VMs first: snapshots are of one. */
function referencesOf({ input }: Tool): [string, Entity][] {
  const cached = references.get(input)
  if (cached !== undefined) return cached
  const found = Object.entries(input.properties)
    .map(([name, schema]): [string, Entity | undefined] => [name, schema['x-entity']])
    .filter((pair): pair is [string, Entity] => pair[1] !== undefined)
    .toSorted(([, a], [, b]) => Number(a === 'snapshot') - Number(b === 'snapshot'))
  references.set(input, found)
  return found
}

const matchModeFor = ({ annotations }: Tool): MatchMode =>
  annotations.destructiveHint ? 'exact' : annotations.readOnlyHint ? 'part' : 'whole'

const readers: Record<Entity, (context: ToolContext) => Promise<Candidate[]>> = {
  async vm({ hypercore, signal }) {
    return (await hypercore.list('/VirDomain', { signal })).map(vmCandidate)
  },
  async node({ hypercore, signal }) {
    return (await hypercore.list('/Node', { signal })).map(nodeCandidate)
  },
  async snapshot({ hypercore, signal }) {
    return (await hypercore.list('/VirDomainSnapshot', { signal })).map(snapshotCandidate)
  }
}

/**
 * The candidates with the address of the node each runs on, which tells VMs apart: read only where
 * several are to be told apart, and left out where it cannot be read.
 */
async function withNodes(
  { hypercore, signal }: ToolContext,
  found: readonly Candidate[]
): Promise<Candidate[]> {
  if (found.every(({ onNode }) => onNode === undefined)) return [...found]
  const nodes = await hypercore.list('/Node', { signal }).catch((error: unknown) => {
    if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return []
    throw error
  })
  const names = nodeNames(nodes)
  return found.map((candidate) => ({
    ...candidate,
    facts: { ...candidate.facts, node: names.get(candidate.onNode ?? '') ?? '' }
  }))
}

/** What tells one of several candidates from the others, with its uuid. */
const describe = ({ uuid, facts }: Candidate): string =>
  `${uuid} (${Object.values(facts)
    .filter((fact) => fact !== '')
    .join(', ')})`

function ambiguous(
  { argument, entity, text }: NameGiven,
  found: readonly Candidate[]
): BridgeError {
  const { many, find } = entityLabels[entity]
  const more = found.length > maxShown ? `, and ${found.length - maxShown} more (${find})` : ''
  return new BridgeError(
    'AMBIGUOUS_NAME',
    `${found.length} ${many} fit ${quote(text)}: give ${argument} as the uuid of the right one: ${found.slice(0, maxShown).map(describe).join(', ')}${more}`,
    {
      details: {
        candidates: found.slice(0, maxCandidates).map(({ uuid, facts }) => ({ uuid, ...facts }))
      }
    }
  )
}

function notFound(
  { argument, entity, text }: NameGiven,
  all: readonly Candidate[],
  likeness: MatchMode
): BridgeError {
  const { one, name, some, find } = entityLabels[entity]
  const known = all.map(({ names }) => names[0])
  const missing = `No ${one} ${quote(text)}`
  if (entity === 'node')
    return new BridgeError(
      'NOT_FOUND',
      `${missing}: ${argument} takes one of ${known.join(', ')}; ${find}`
    )
  if (isDash.test(text))
    return new BridgeError(
      'NOT_FOUND',
      `${missing}: "-" in a table stands for ${some}: give the uuid as ${argument}; ${find}`
    )
  const near = (likeness === 'exact' ? nearestMisspellings : nearestNames)(text, known, 3)
  const hint = near.length > 0 ? `; did you mean ${near.join(', ')}?` : '.'
  const wants = {
    exact: ` ${argument} takes the ${name} exactly as it is written, or the uuid.`,
    whole: ` ${argument} takes the whole ${name}, or the uuid.`,
    part: ` ${argument} takes a ${name}, or the uuid.`
  }[likeness]
  return new BridgeError('NOT_FOUND', `${missing}${hint}${wants} ${find}`)
}

/** What stands in a table where there is nothing. */
const isDash = /^\s*[-–—]+\s*$/

/** What a caller writes who has no name, and numbers, which are as likely an index. */
const isNoName = /^(?:null|none|nil|undefined|true|false|nan|n\/a|-?\d+(?:\.\d+)?)$/i

/** A call that can lose data takes no word for a name that may be none, even if something has it. */
function refuseNoName({ argument, entity, text }: NameGiven): void {
  const { name, some, find } = entityLabels[entity]
  if (entity === 'node' || !(isNoName.test(text) || isDash.test(text))) return
  const reason = isDash.test(text)
    ? `in a table stands for ${some}`
    : `this tool takes for no ${name}`
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `${argument} is ${quote(text)}, which ${reason}: give the uuid; ${find}`
  )
}

/** The one that a name means. */
async function choose(
  context: ToolContext,
  given: NameGiven,
  all: readonly Candidate[],
  likeness: MatchMode
): Promise<Candidate> {
  if (likeness === 'exact') refuseNoName(given)
  const found = matchName(all, given.text, given.entity === 'node' ? 'whole' : likeness)
  const [one, ...others] = found
  if (one === undefined) throw notFound(given, all, likeness)
  if (others.length > 0) throw ambiguous(given, await withNodes(context, found))
  return one
}

/**
 * Puts uuids in the place of names. Each list of the cluster is read once, all at the same time, and
 * only where a name was given. A snapshot is looked for among those of the VM that is named beside it.
 * @param doubles names that were given beside uuids
 * @throws {BridgeError} NOT_FOUND with the nearest names; AMBIGUOUS_NAME with all that fit;
 * INVALID_ARGUMENT where a name and a uuid are not of the same.
 */
export async function resolveNames(
  tool: Tool,
  context: ToolContext,
  args: Record<string, unknown>,
  doubles: readonly DuplicateArgument[] = []
): Promise<ResolvedArguments> {
  const named = referencesOf(tool).flatMap(([argument, entity]): NameGiven[] => {
    const text = args[argument]
    return typeof text === 'string' && text !== '' && !isUuid(text)
      ? [{ argument, entity, text }]
      : []
  })
  if (named.length === 0 && doubles.length === 0) return { args, notes: [] }

  const entities = new Map(referencesOf(tool))
  const alsoRead = doubles.flatMap(({ argument }) => entities.get(argument) ?? [])
  const wanted = [...new Set([...named.map(({ entity }) => entity), ...alsoRead])]
  const lists = new Map(
    await Promise.all(
      wanted.map(async (entity) => [entity, await readers[entity](context)] as const)
    )
  )
  const resolved = { ...args }
  const notes: string[] = []
  const vmArgument = referencesOf(tool).find(([, entity]) => entity === 'vm')?.[0] ?? ''
  for (const given of named) {
    const { argument, entity, text } = given
    const all = lists.get(entity) ?? []
    const vmUUID = resolved[vmArgument]
    const ofVm = entity === 'snapshot' && typeof vmUUID === 'string'
    const { uuid, names } = await choose(
      context,
      given,
      ofVm ? all.filter((snapshot) => snapshot.ofVm === vmUUID) : all,
      matchModeFor(tool)
    )
    resolved[argument] = uuid
    const [name] = names
    notes.push(
      `${argument}: ${name === text ? `${name} is` : `${quote(text)} is ${name},`} ${uuid}`
    )
  }
  for (const double of doubles) {
    const { argument, key, text } = double
    const entity = entities.get(argument)
    const all = entity === undefined ? [] : (lists.get(entity) ?? [])
    const found = matchName(all, text, 'whole')
    if (found.every(({ uuid }) => uuid !== resolved[argument]))
      throw new BridgeError('INVALID_ARGUMENT', notTheSame(double))
    notes.push(`${key}: ${quote(text)} is the same as ${argument}`)
  }
  return { args: resolved, notes }
}
