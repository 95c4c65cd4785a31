import { BridgeError } from '../../lib/errors/errors.ts'
import type { Tool, ToolContext } from '../define-tool.ts'
import {
  type MatchMode,
  matchName,
  type Candidate,
  isoCandidate,
  nodeCandidate,
  scheduleCandidate,
  snapshotCandidate,
  vmCandidate
} from './match-name.ts'
import { type DuplicateArgument, notTheSame } from './argument-names.ts'
import { looksLike } from '../../lib/text/look-alike.ts'
import { quote, quoteName } from '../../lib/text/quote.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import type { Entity } from '../../lib/json/schema-keywords.ts'
import { nodeNames } from '../../views/node.ts'
import { chooseCandidate, type GivenName } from './choose-candidate.ts'
import { recentVm } from '../names/recent-vm.ts'
import { refuseDoubtful, rememberAmbiguous, withDeletion } from '../names/doubt.ts'

/** Arguments with uuids in place of names. */
export interface ResolvedArguments {
  args: Record<string, unknown>
  /** What each name was taken for. */
  notes: string[]
}

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
  annotations.destructiveHint ? 'exact' : annotations.readOnlyHint ? 'substring' : 'caseInsensitive'

/** Reads everything a name of this kind may be of. */
export const candidateReaders: Record<Entity, (context: ToolContext) => Promise<Candidate[]>> = {
  async vm({ hypercore, signal }) {
    return (await hypercore.list('/VirDomain', { signal })).map((vm) => vmCandidate(vm))
  },
  async node({ hypercore, signal }) {
    return (await hypercore.list('/Node', { signal })).map(nodeCandidate)
  },
  async snapshot({ hypercore, signal }) {
    return (await hypercore.list('/VirDomainSnapshot', { signal })).map(snapshotCandidate)
  },
  async schedule({ hypercore, signal }) {
    return (await hypercore.list('/VirDomainSnapshotSchedule', { signal })).map(scheduleCandidate)
  },
  async iso({ hypercore, signal }) {
    return (await hypercore.list('/ISO', { signal })).map(isoCandidate)
  }
}

/**
 * The candidates with the address of the node each runs on, which tells VMs apart: read only where
 * several are to be distinguished, and left out where it cannot be read.
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

/**
 * The one that a name means.
 * @param vm among whose snapshots it is looked for
 * @throws {BridgeError} as `chooseCandidate` does; of several VMs it says where each runs.
 * AMBIGUOUS_NAME for a name that was another's a moment ago, in a call that can lose data
 */
export async function chooseNamed(
  context: ToolContext,
  given: GivenName,
  all: readonly Candidate[],
  mode: MatchMode,
  vm?: string
): Promise<Candidate> {
  const named = { ...given, vm }
  try {
    const found = chooseCandidate(given, all, mode)
    if (mode === 'exact') await refuseDoubtful(context, named, found)
    return found
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    if (error.code === 'NOT_FOUND' && mode === 'exact')
      throw await withDeletion(context, named, error)
    if (error.code !== 'AMBIGUOUS_NAME' || matchName(all, given.text, mode).length < 2) throw error
    await rememberAmbiguous(context, named, all)
    return chooseCandidate(given, await withNodes(context, all), mode)
  }
}

/** What reads like the one that was found, and is another: a person may have meant that. */
const lookAlikes = ({ uuid, names: [name] }: Candidate, all: readonly Candidate[]): string[] =>
  all
    .filter((other) => other.uuid !== uuid && looksLike(other.names[0], name))
    .map(
      (other) =>
        `${quoteName(name)} looks like ${quoteName(other.names[0])}, which is another: ${other.uuid}`
    )

/** All that a call may mean by its names of one kind. */
async function candidatesFor(
  context: ToolContext,
  { annotations }: Tool,
  entity: Entity,
  names: readonly string[]
): Promise<Candidate[]> {
  const [name, ...others] = names
  const isOne = annotations.readOnlyHint && name !== undefined && others.length === 0
  const vm = isOne ? await recentVm(context, entity, name) : undefined
  return vm === undefined ? candidateReaders[entity](context) : [vm]
}

/**
 * Puts uuids in the place of names. Each list of the cluster is read once, all at the same time, and
 * only where a name was given; of a call that reads one VM, that VM alone where a list of a moment ago
 * says which it is. A snapshot is looked for among those of the VM that is named beside it.
 * @param duplicates names that were given beside uuids
 * @throws {BridgeError} NOT_FOUND with the nearest names; AMBIGUOUS_NAME with all that fit;
 * INVALID_ARGUMENT where a name and a uuid are not of the same.
 */
export async function resolveNames(
  tool: Tool,
  context: ToolContext,
  args: Record<string, unknown>,
  duplicates: readonly DuplicateArgument[] = []
): Promise<ResolvedArguments> {
  const named = referencesOf(tool).flatMap(([argument, entity]): GivenName[] => {
    const text = args[argument]
    return typeof text === 'string' && text !== '' && !isUuid(text)
      ? [{ argument, entity, text }]
      : []
  })
  if (named.length === 0 && duplicates.length === 0) return { args, notes: [] }

  const entities = new Map(referencesOf(tool))
  const alsoRead = duplicates.flatMap(({ argument }) => entities.get(argument) ?? [])
  const wanted = [...new Set([...named.map(({ entity }) => entity), ...alsoRead])]
  const lists = new Map(
    await Promise.all(
      wanted.map(async (entity) => {
        const names = [...named, ...duplicates].filter(
          ({ argument }) => entities.get(argument) === entity
        )
        const texts = names.map(({ text }) => text)
        return [entity, await candidatesFor(context, tool, entity, texts)] as const
      })
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
    const found = await chooseNamed(
      context,
      ofVm ? { ...given, of: 'of this VM' } : given,
      ofVm ? all.filter((snapshot) => snapshot.ofVm === vmUUID) : all,
      matchModeFor(tool),
      ofVm ? vmUUID : undefined
    )
    const {
      uuid,
      names: [name]
    } = found
    resolved[argument] = uuid
    notes.push(
      name === text
        ? `${argument}: ${quoteName(name)} is ${uuid}`
        : `${argument}: ${quote(text)} is ${quoteName(name)}, ${uuid}`
    )
    if (!tool.annotations.readOnlyHint) notes.push(...lookAlikes(found, all))
  }
  for (const duplicate of duplicates) {
    const { argument, key, text } = duplicate
    const entity = entities.get(argument)
    const all = entity === undefined ? [] : (lists.get(entity) ?? [])
    const found = matchName(all, text, 'caseInsensitive')
    if (found.every(({ uuid }) => uuid !== resolved[argument]))
      throw new BridgeError('INVALID_ARGUMENT', notTheSame(duplicate))
    notes.push(`${key}: ${quote(text)} is the same as ${argument}`)
  }
  return { args: resolved, notes }
}
