import {
  type Change,
  changesBetween,
  type FlatRecords,
  RecordHistory
} from '../../hypercore/records/flat-records.ts'
import { ClusterCall } from '../../hypercore/cluster-api.ts'
import type { RecordLists } from '../../hypercore/records/cluster-records.ts'
import { runInCall } from '../../ledger/call-scope.ts'
import { Calls } from '../../ledger/calls.ts'
import { Ledger } from '../../ledger/ledger.ts'
import { Sequences, type UndoStep } from '../../ledger/sequences.ts'
import { BridgeError, toBridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { sum } from '../../lib/sum.ts'
import { Approvals } from '../../policy/approvals.ts'
import { MemoryStore } from '../../store/memory-store.ts'
import { prepareArguments } from '../call/call-tool.ts'
import type { ToolContext } from '../define-tool.ts'
import { present } from '../call/present.ts'
import { StartedTasks } from '../task/started-tasks.ts'
import { VmQueue } from '../writes/vm-queue.ts'
import { always, type Announced } from './announced.ts'
import { readLists, type ReadRecords, readRecords } from './read-records.ts'
import type { PlanStep } from './read-steps.ts'
import { fillReferences } from './references.ts'
import type { TriedWrite } from './twin.ts'

/** A write as its tool speaks of it. */
export interface WriteWords {
  does: string
  undo: UndoStep | undefined
  /** The rest continues where it fails. */
  optional: boolean
}

/** A step as it went in the trial. */
export interface TriedStep {
  step: PlanStep
  /** What its tool returned. */
  result: unknown
  writes: readonly TriedWrite[]
  /** By the writes; undefined where its tool has no words of its own. */
  words: readonly WriteWords[] | undefined
  /** All records after it. */
  after: FlatRecords
  changes: readonly Change[]
  /** Whether it takes away what cannot be brought back. */
  destroys: boolean
}

/** How a plan goes, as a copy of the cluster shows it. */
export interface Trial {
  /** The records that the copy was created from. */
  read: ReadRecords
  before: FlatRecords
  after: FlatRecords
  /** The same as lists, of the copy. */
  lists: { before: RecordLists; after: RecordLists }
  steps: readonly TriedStep[]
  announced: readonly Announced[]
  /** VMs that are started without a node; uuids of the trial. */
  startedAnywhere: ReadonlySet<string>
}

/** What a trial writes is kept nowhere. */
function servicesOfTrial(): { writes: ToolContext['writes']; sequences: Sequences } {
  const ledger = new Ledger({ store: new MemoryStore(), cluster: 'trial' })
  const sequences = new Sequences(ledger)
  return {
    sequences,
    writes: {
      ledger,
      calls: new Calls(ledger),
      sequences,
      queue: new VmQueue(),
      uploads: new Set(),
      plans: new Approvals()
    }
  }
}

/** Nothing of a copy is still on its way: waiting takes one look. */
const ended = AbortSignal.abort()

/** Why a response tells that a step did not do what it was to do; undefined where it did. */
function failureIn(result: unknown): string | undefined {
  if (!isObject(result)) return undefined
  const outcome = isObject(result['task']) ? result['task'] : result
  const { state, message, progressPercent } = outcome
  if (typeof progressPercent !== 'number' || typeof state !== 'string') return undefined
  return state === 'COMPLETE' ? undefined : String(message)
}

/** The same without what is said before it, and signs that would end a sentence twice. */
const clauseOf = (text: string): string =>
  text
    .replaceAll(/(?:^|\. )Nothing was sent(?=[.,:;]|$)[.,:;]? ?/g, '. ')
    .replace(/^[.\s]+|[.\s]+$/g, '')

/** That something a step lacks is created by a later one. */
function madeLater(steps: readonly PlanStep[], at: number): string {
  const used = new Set(Object.values(steps[at]?.args ?? {}).flat())
  for (const [later, { tool, args }] of steps.entries()) {
    const { name } = args
    if (later > at && typeof name === 'string' && used.has(name))
      return `. Step ${later + 1}, ${tool.name}, creates it: put that one first`
  }
  return ''
}

/** What a caller gets whose plan would stop half-way. */
function stops(
  steps: readonly PlanStep[],
  at: number,
  error: BridgeError,
  kind = 'cannot work'
): BridgeError {
  const { tool } = steps[at] as PlanStep
  const later = error.code === 'NOT_FOUND' ? madeLater(steps, at) : ''
  const works =
    at === 0 ? '' : ` ${at === 1 ? 'Step 1 works' : `Steps 1 to ${at} work`} in the trial.`
  const code =
    error.code === 'CLUSTER_ERROR' || error.code === 'INTERNAL' ? 'ILLEGAL_STATE' : error.code
  return new BridgeError(
    code,
    `Nothing was sent: step ${at + 1} of ${steps.length}, ${tool.name}, ${kind}: ${clauseOf(error.message)}${later}.${works} Change that step, then call plan again`,
    { details: { ...error.details, step: at + 1 }, cause: error }
  )
}

/** The words of a tool that carried a sequence out, where they are about these writes. */
async function wordsOf(
  sequences: Sequences,
  known: Set<string>,
  writes: readonly TriedWrite[]
): Promise<WriteWords[] | undefined> {
  const fresh = (await sequences.list()).filter(({ id }) => !known.has(id))
  for (const { id } of fresh) known.add(id)
  const [only, ...others] = fresh
  if (only === undefined || others.length > 0) return undefined
  const left = [...only.steps]
  const words = writes.map(({ request }) => {
    const at = left.findIndex(
      (each) => each.request.method === request.method && each.request.path === request.path
    )
    return at < 0 ? undefined : left.splice(at, 1)[0]
  })
  return words.every((each) => each !== undefined)
    ? words.map(({ does, undo, optional = false }) => ({ does, undo, optional }))
    : undefined
}

/** The VMs that a write starts without naming a node. */
export function startsAnywhere({ request: { path, body } }: TriedWrite): string[] {
  if (path !== '/VirDomain/action' || !Array.isArray(body)) return []
  return (body as unknown[]).flatMap((each) =>
    isObject(each) &&
    ['START', 'REBOOT'].includes(String(each['actionType'])) &&
    each['nodeUUID'] === undefined
      ? [String(each['virDomainUUID'])]
      : []
  )
}

/** Whether memory of a node is used by what is not among the VMs. */
const hidesMemory = ({ lists }: ReadRecords): boolean =>
  lists.Node.some((node) => {
    const { totalMemUsageBytes, systemMemUsageBytes } = node
    const seen = lists.VirDomain.filter(
      ({ nodeUUID, state }) => nodeUUID === node.uuid && state !== 'SHUTOFF' && state !== 'CRASHED'
    )
    return totalMemUsageBytes !== systemMemUsageBytes + sum(seen, ({ mem }) => mem)
  })

/**
 * Tries a plan on a copy of the cluster. Nothing is sent.
 * @throws {BridgeError} what keeps a step from working, with its number
 */
export async function tryPlan(context: ToolContext, steps: readonly PlanStep[]): Promise<Trial> {
  const read = await readRecords(context)
  const twin = await context.makeTwin(read, context.hypercore)
  const { writes, sequences } = servicesOfTrial()
  const authority = { ...context.authority, dryRun: false, grant: undefined, plan: undefined }
  const call = (): ClusterCall => new ClusterCall(twin.client, authority)
  const base: ToolContext = {
    ...context,
    authority,
    hypercore: call(),
    writes,
    startedTasks: new StartedTasks(),
    progress: undefined,
    onWaiting: undefined,
    draining: ended
  }
  try {
    const copy = await readLists(base)
    const history = new RecordHistory()
    const before = history.take(twin.lists())
    const now = (): FlatRecords => history.take(twin.lists())
    const scope = {
      callId: '',
      tool: 'plan',
      args: {},
      targets: [],
      hasSent: false,
      conditions: []
    }
    const tried = await runInCall(scope, () =>
      tryAll({ base, call, sequences, sent: twin.writes, now }, steps, before)
    )
    const left = await readLists({ ...base, hypercore: call() })
    const startedAnywhere = new Set(twin.writes.flatMap(startsAnywhere))
    return {
      read,
      before,
      after: tried.at(-1)?.after ?? before,
      lists: { before: copy.lists, after: left.lists },
      steps: tried,
      announced: [
        ...always,
        ...(startedAnywhere.size > 0 ? ['placement' as const] : []),
        ...(hidesMemory(read) ? ['memory' as const] : [])
      ],
      startedAnywhere
    }
  } finally {
    twin.close()
  }
}

interface Trying {
  base: ToolContext
  /** The copy as a call sees it that has read nothing yet. */
  call: () => ClusterCall
  sequences: Sequences
  sent: readonly TriedWrite[]
  /** All records of the copy. */
  now: () => FlatRecords
}

async function tryAll(
  { base, call, sequences, sent, now }: Trying,
  steps: readonly PlanStep[],
  before: FlatRecords
): Promise<TriedStep[]> {
  const tried: TriedStep[] = []
  const results: unknown[] = []
  const known = new Set<string>()
  let last = before
  for (const [at, step] of steps.entries()) {
    const from = sent.length
    const context = { ...base, hypercore: call() }
    try {
      const { args, result } = await tryStep(context, step, results)
      const failure = failureIn(result)
      if (failure !== undefined)
        throw stops(steps, at, new BridgeError('ILLEGAL_STATE', failure), 'fails')
      const writes = sent.slice(from)
      // A step that only looks leaves everything as it is.
      const after = writes.length === 0 ? last : now()
      tried.push({
        step,
        result,
        writes,
        words: await wordsOf(sequences, known, writes),
        after,
        changes: writes.length === 0 ? [] : changesBetween(last, after),
        destroys: step.tool.destroys?.(args) === true
      })
      results.push(result)
      last = after
    } catch (error) {
      const failure = toBridgeError(error)
      throw failure.code === 'CALLER_GONE' || 'step' in failure.details
        ? failure
        : stops(steps, at, failure)
    }
  }
  return tried
}

async function tryStep(
  context: ToolContext,
  { tool, args: given }: PlanStep,
  results: readonly unknown[]
): Promise<{ args: Record<string, unknown>; result: unknown }> {
  const filled = fillReferences(given, results) as Record<string, unknown>
  // Whether its caller may do it is asked of all its writes together.
  const isWrite = tool.input.properties['dry_run'] !== undefined
  const { args } = await prepareArguments(
    tool,
    context,
    isWrite ? { ...filled, dry_run: true } : filled
  )
  const { dry_run: _, ...own } = args
  const response = await tool.run(context, own)
  return { args: own, result: present(tool, context, own, response) }
}
