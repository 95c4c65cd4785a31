import { fillPlaceholders, placeholder, placeholdersIn } from '../../hypercore/writes/sequence.ts'
import type { UndoStep } from '../../ledger/sequences.ts'
import { canonicalJson } from '../../lib/json/canonical-json.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { quoteName } from '../../lib/text/quote.ts'
import type { ToolContext } from '../define-tool.ts'
import type { Bind, Step } from '../writes/sequence.ts'
import { aligned } from './compare.ts'
import { ChangeWords } from '../../views/plan/changes.ts'
import { toldChanges } from './told-changes.ts'
import { flatten, type FlatEntity, type FlatRecord } from '../../hypercore/records/flat-records.ts'
import { readLists } from './read-records.ts'
import { stepWords } from './read-steps.ts'
import type { Trial, TriedStep } from './trial.ts'
import type { TriedWrite } from './twin.ts'
import { undoOf } from './undo-of.ts'
import { uuidsInText } from '../../lib/text/uuid.ts'

const kinds: Partial<Record<FlatEntity, string>> = {
  VirDomain: 'vm',
  VirDomainBlockDevice: 'disk',
  VirDomainNetDevice: 'nic',
  VirDomainSnapshot: 'snapshot',
  VirDomainSnapshotSchedule: 'schedule'
}

/**
 * Names for all that the trial made: `s1-vm`, `s1-disk2`. The same plan gives the same names, so that what
 * was approved can be compared with what is to be sent.
 */
export function placeholderNames({ before, steps }: Trial): Map<string, string> {
  const names = new Map<string, string>()
  for (const [at, { after }] of steps.entries()) {
    const counts = new Map<string, number>()
    for (const { uuid, entity } of after.values()) {
      if (before.has(uuid) || names.has(uuid)) continue
      const kind = kinds[entity] ?? 'new'
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      names.set(uuid, `s${at + 1}-${kind}${count === 1 ? '' : count}`)
    }
  }
  return names
}

/** A value with placeholders for what is not there yet. */
function withPlaceholders<T>(value: T, names: ReadonlyMap<string, string>): T {
  const text = JSON.stringify(value)
  if (text === undefined) return value
  return JSON.parse(
    text.replaceAll(uuidsInText, (uuid) => {
      const name = names.get(uuid)
      return name === undefined ? uuid : placeholder(name)
    })
  ) as T
}

/** What a step does, as a person who approves it reads it. */
function wordsOf(trial: Trial, tried: TriedStep): string {
  const words = new ChangeWords(tried.after, trial.before)
  const lines = [
    ...words.changes(toldChanges(tried.changes)),
    ...words.lost(tried.changes).map((each) => `lost: ${each}`)
  ]
  const { tool } = tried.step
  return lines.length === 0
    ? stepWords(tried.step)
    : `${tool.name}: ${lines.slice(0, 3).join('; ')}${lines.length > 3 ? ` and ${lines.length - 3} more` : ''}`
}

/** Fields by which a record must be as it was in the trial, beside those that are changed. */
const decisive: Partial<Record<string, readonly string[]>> = { VirDomain: ['name', 'state'] }

/** A VM that waits for its disk runs all the same. */
const sameState = (value: unknown): unknown => (value === 'BLOCKED' ? 'RUNNING' : value)

/**
 * Looks whether what a write acts on is as the trial found it there.
 * @throws {BridgeError} ILLEGAL_STATE naming what is not
 */
async function requireAsTried(
  { hypercore, signal }: ToolContext,
  { before, request }: TriedWrite,
  names: ReadonlyMap<string, string>,
  fill: (text: string) => string
): Promise<void> {
  const changed =
    request.method === 'PATCH' && isObject(request.body) ? Object.keys(request.body) : []
  for (const [uuid, { path, record }] of before) {
    const [, entity = ''] = path.split('/')
    const isSubject = path === request.path
    const real = fill(withPlaceholders(path, names))
    const [now] = await hypercore.recordsAt(real, { signal })
    const subject = `${entity === 'VirDomain' ? 'VM' : entity} ${typeof record['name'] === 'string' && record['name'] !== '' ? quoteName(record['name']) : real.slice(real.lastIndexOf('/') + 1)}`
    if (now === undefined)
      throw new BridgeError('ILLEGAL_STATE', `${subject}, which the trial found, no longer exists`)
    const fields = [...(decisive[entity] ?? []), ...(isSubject ? changed : [])]
    for (const field of new Set(fields)) {
      const wanted = JSON.parse(
        fill(JSON.stringify(withPlaceholders(record[field] ?? null, names)))
      ) as unknown
      if (canonicalJson(sameState(wanted)) === canonicalJson(sameState(now[field] ?? null)))
        continue
      // Where a cluster places a VM is its own, and which addresses it gives to what it creates.
      if (field === 'affinityStrategy') continue
      if (field === 'macAddress' && names.has(uuid)) continue
      throw new BridgeError(
        'ILLEGAL_STATE',
        `${subject} is not as the trial found it: ${field} is ${shown(now[field])} and was to be ${shown(wanted)}`
      )
    }
  }
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? quoteName(value) : (JSON.stringify(value) ?? 'none').slice(0, 100)

/** All that a plan sends, in its order, each with what it does and what undoes it. */
export function toSequence(trial: Trial): Step[] {
  const names = placeholderNames(trial)
  const made = new Map([...names].map(([uuid, name]) => [name, uuid]))
  return trial.steps.flatMap((tried, at) =>
    tried.writes.map((write, nth): Step => {
      const own = tried.words?.[nth]
      const vm = vmOf(write)
      const undo = own === undefined ? undoOf(write, tried) : own.undo
      const request = withPlaceholders(write.request, names)
      const created = names.get(write.createdUUID)
      const needed = neededBy(write, request, names)
      const words = own?.does ?? wordsOf(trial, tried)
      return {
        ...request,
        does: `${at + 1}. ${words}${own === undefined && nth > 0 ? ` (write ${nth + 1})` : ''}`,
        ...(vm !== undefined && { vmName: vm }),
        ...(created !== undefined && { creates: created }),
        ...(own?.optional === true && { optional: true }),
        ...(write.timeoutMs !== undefined && { timeoutMs: write.timeoutMs }),
        ...(undo !== undefined && { undo: withPlaceholders<UndoStep>(undo, names) }),
        async prepare(context, bind, createdUUID) {
          await bindMade(context, trial, tried, { needed, made, bind, createdUUID })
          const known = new Map(
            [...made.keys()]
              .map((name) => [name, createdUUID(name)] as const)
              .filter(([, uuid]) => uuid !== '')
          )
          const fill = (text: string): string =>
            fillPlaceholders({ method: 'GET', path: text }, known).path
          await requireAsTried(context, write, names, fill)
        }
      }
    })
  )
}

/** The placeholders that have to be known before a write is sent. */
function neededBy(
  { before }: TriedWrite,
  request: TriedWrite['request'],
  names: ReadonlyMap<string, string>
): string[] {
  const looked = [...before.keys()].flatMap((uuid) => names.get(uuid) ?? [])
  return [...new Set([...placeholdersIn(request), ...looked])]
}

/** The name of the VM that an action is for. */
function vmOf({ request, before }: TriedWrite): string | undefined {
  if (request.path !== '/VirDomain/action') return undefined
  const [only] = before.values()
  const name = only?.record['name']
  return typeof name === 'string' ? name : undefined
}

interface Making {
  needed: readonly string[]
  /** Uuids of the trial by their names. */
  made: ReadonlyMap<string, string>
  bind: Bind
  createdUUID: (name: string) => string
}

/**
 * Finds what came with something that was created, such as the disks of a copy: by the VM it belongs to,
 * and its place there.
 * @throws {BridgeError} NOT_FOUND for what is not there
 */
async function bindMade(
  context: ToolContext,
  trial: Trial,
  tried: TriedStep,
  { needed, made, bind, createdUUID }: Making
): Promise<void> {
  const open = needed.filter((name) => createdUUID(name) === '')
  if (open.length === 0) return
  const { lists } = await readLists(context)
  const before = flatten(trial.read.lists)
  const real = new Map(
    [...made].flatMap(([name, uuid]): [string, string][] => {
      const known = createdUUID(name)
      return known === '' ? [] : [[uuid, known]]
    })
  )
  const at = trial.steps.indexOf(tried)
  const predicted = new Map<string, FlatRecord>(
    [...(at > 0 ? (trial.steps[at - 1]?.after ?? []) : trial.before), ...tried.after].filter(
      ([uuid]) => !before.has(uuid)
    )
  )
  const found = aligned({ before, predicted, fact: flatten(lists), real })
  for (const name of open) {
    const uuid = found.get(made.get(name) ?? '')
    if (uuid === undefined)
      throw new BridgeError(
        'NOT_FOUND',
        `what the trial created as ${name} is not there: look what the steps before have created`
      )
    bind(name, uuid)
  }
}
