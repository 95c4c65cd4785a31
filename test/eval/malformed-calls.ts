import { operator } from '../../src/identity/static-token.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { toBridgeError } from '../../src/lib/errors/errors.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { errorForCaller, prepareArguments } from '../../src/tools/call/call-tool.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

/** A call as a small model may write it, and the outcome that it must have. */
export interface MalformedCall {
  tool: string
  /** The body as JSON text, as it is sent. */
  text: string
  outcome: { coercedTo: Record<string, unknown> } | { refused: { code: string; names: string[] } }
  /** What is wrong with the call, or why it must not be coerced. */
  why: string
}

/** The outcome of a call. */
export type Verdict =
  | { kind: 'coerced'; args: Record<string, unknown>; notes: string[] }
  | { kind: 'refused'; code: string; message: string }

export interface Judged extends MalformedCall {
  verdict: Verdict
  /** As it must be. */
  right: boolean
}

export interface CorpusFigures {
  calls: number
  /** Calls that must be coerced, and those that were, to the right arguments. */
  coercible: number
  coerced: number
  /** Calls that must be refused, and those that were, with the code and all the words of the outcome. */
  refusable: number
  refusedUsefully: number
  /** Ran with other arguments than meant, or at all where they must not: must be 0. */
  wronglyCoerced: number
  /** Everything that is not as it must be. */
  misses: Judged[]
}

type Owner = Parameters<typeof startTestBridge>[0]

/** One line of the file; `<vm web-01>` and the like stand for what the cluster made of it. */
interface Line {
  tool: string
  body?: unknown
  /** Instead of `body`, what no JSON value can hold. */
  raw?: string
  coerced?: Record<string, unknown>
  refused?: string
  names?: string[]
  why: string
}

/** A cluster with names that are alike, made through the bridge itself. */
export async function startCorpusBridge(owner: Owner): Promise<TestBridge> {
  const bridge = await startTestBridge(owner)
  const must = async (tool: string, args: object): Promise<void> => {
    const { status, text } = await bridge.call(tool, args)
    if (status !== 200) throw new Error(`${tool}: ${text}`)
  }
  for (const name of [
    'Twin-01',
    'twin-01',
    'Solo-01',
    'double-01',
    'double-01',
    '2024-01-15',
    '42',
    'null'
  ])
    await must('createVM', { name, mem: 2 ** 30, again: true })
  for (const [vm, label] of [
    ['app-01', 'before update'],
    ['app-01', '20240115-0200'],
    ['web-01', 'nightly'],
    ['web-02', 'nightly']
  ] as const)
    await must('snapshotVM', { vmUUID: bridge.vm(vm), label })
  return bridge
}

/** Puts what the cluster knows, and what is too long to write down, into a line. */
function fillIn(line: string, bridge: TestBridge): string {
  const { isos, snapshotSchedules, nodes, snapshots } = bridge.simulator.world.state
  const vm = (name: string): string => bridge.vm(name)
  const snapshot = (name: string, label: string): string => {
    const found = [...snapshots.values()].find(
      (each) => each.label === label && each.domainUUID === vm(name)
    )
    if (found === undefined) throw new Error(`${name} has no snapshot ${label}`)
    return found.uuid
  }
  return line
    .replaceAll(/<vm ([^>]+)>/g, (_, name: string) => vm(name))
    .replaceAll(/<VM ([^>]+)>/g, (_, name: string) => vm(name).toUpperCase())
    .replaceAll(/<node (\d)>/g, (_, peer: string) => {
      const found = [...nodes.values()].find(({ peerID }) => peerID === Number(peer))
      if (found === undefined) throw new Error(`There is no node ${peer}`)
      return found.uuid
    })
    .replaceAll(/<iso ([^>]+)>/g, (_, name: string) => {
      const found = [...isos.values()].find((iso) => iso.name === name)
      if (found === undefined) throw new Error(`There is no ISO ${name}`)
      return found.uuid
    })
    .replaceAll(/<schedule ([^>]+)>/g, (_, name: string) => {
      const found = [...snapshotSchedules.values()].find((schedule) => schedule.name === name)
      if (found === undefined) throw new Error(`There is no schedule ${name}`)
      return found.uuid
    })
    .replaceAll(/<snapshot (\S+) ([^>]+)>/g, (_, name: string, label: string) =>
      snapshot(name, label)
    )
    .replaceAll(/<a\*(\d+)>/g, (_, times: string) => 'a'.repeat(Number(times)))
    .replaceAll(/<deep (\d+)>/g, (_, times: string) => {
      const levels = Number(times)
      return '['.repeat(levels) + ']'.repeat(levels)
    })
}

/** The corpus, with the uuids of this cluster. */
export function readCorpus(bridge: TestBridge): MalformedCall[] {
  return readFileSync(join(packageRoot, 'test/eval/malformed-calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(fillIn(text, bridge)) as Line)
    .map(({ tool, body, raw, coerced, refused = '', names = [], why }) => ({
      tool,
      text: raw ?? JSON.stringify(body),
      outcome:
        coerced === undefined ? { refused: { code: refused, names } } : { coercedTo: coerced },
      why
    }))
}

/** Brings the arguments of a call into form as the bridge does, without running the tool. */
async function prepare(bridge: TestBridge, { tool: name, text }: MalformedCall): Promise<Verdict> {
  const tool = bridge.app.tools.get(name)
  if (tool === undefined) throw new Error(`There is no tool ${name}`)
  const context = bridge.app.toolContext({
    authority: { principal: operator },
    signal: new AbortController().signal,
    form: 'json',
    progress: undefined
  })
  try {
    return { kind: 'coerced', ...(await prepareArguments(tool, context, JSON.parse(text))) }
  } catch (error) {
    const { code, message } = toBridgeError(errorForCaller(tool, context, error))
    return { kind: 'refused', code, message }
  }
}

function isRight({ outcome }: MalformedCall, verdict: Verdict): boolean {
  if ('coercedTo' in outcome)
    return verdict.kind === 'coerced' && isDeepStrictEqual(verdict.args, outcome.coercedTo)
  const { code, names } = outcome.refused
  return (
    verdict.kind === 'refused' &&
    verdict.code === code &&
    names.every((name) => verdict.message.includes(name))
  )
}

/** Judges every call of the corpus on a bridge of `startCorpusBridge`. */
export async function judgeCorpus(bridge: TestBridge): Promise<Judged[]> {
  const judged: Judged[] = []
  for (const call of readCorpus(bridge)) {
    const verdict = await prepare(bridge, call)
    judged.push({ ...call, verdict, right: isRight(call, verdict) })
  }
  return judged
}

const countRight = (calls: Judged[]): number => calls.filter(({ right }) => right).length

/** Runs the corpus against a bridge and a simulated cluster of its own, which `owner` closes. */
export async function evaluateCorpus(owner: Owner): Promise<CorpusFigures> {
  const judged = await judgeCorpus(await startCorpusBridge(owner))
  const coercible = judged.filter(({ outcome }) => 'coercedTo' in outcome)
  const refusable = judged.filter(({ outcome }) => 'refused' in outcome)
  return {
    calls: judged.length,
    coercible: coercible.length,
    coerced: countRight(coercible),
    refusable: refusable.length,
    refusedUsefully: countRight(refusable),
    wronglyCoerced: judged.filter((call) => call.verdict.kind === 'coerced' && !call.right).length,
    misses: judged.filter((call) => !call.right)
  }
}
