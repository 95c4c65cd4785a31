import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Simulator } from '../src/simulator/simulator.ts'
import { startTestBridge, type TestBridge, type ToolAnswer } from './helper/bridge.ts'
import {
  type HostileCluster,
  type Misdeed,
  misdeeds,
  startHostileCluster
} from './helper/hostile-proxy.ts'
import { PlainClient, simulatorFor, until } from './helper/simulator.ts'

/*
 * Every fault on the way to the cluster × every writing tool. Whatever happens to a write, it is
 * carried out at most once, and what is reported to the caller is true.
 */

t.setTimeout(300_000)

/** Long enough for a busy machine, short enough to be sat out. */
const limits = { connectMs: 5000, headersMs: 1000, acceptMs: 1000, bodyMs: 150 }
/** Longer than a write is waited for. */
const tooLongMs = 1400
/** How long a tool follows what it began. */
const wait = 3

/** A bridge, hostile proxies and a cluster of its own; cases in one lane run one after the other. */
interface Lane {
  bridge: TestBridge
  proxies: HostileCluster
  simulator: Simulator
  plain: PlainClient
}

/** What imports read. */
const archive = { pathURI: 'smb://archive.example/exports/once', definitionFileName: 'once.xml' }

async function openLane(t: Test): Promise<Lane> {
  const simulator = await simulatorFor(t, { nodes: 3, vms: 4, speed: 400 })
  const proxies = await startHostileCluster(t, simulator.urls)
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1, vms: 1 },
    cluster: {
      nodes: proxies.urls,
      tls: { mode: 'insecure', fingerprints: [] },
      timeouts: limits
    }
  })
  const lane = {
    bridge,
    proxies,
    simulator,
    plain: new PlainClient(simulator.urls[0] ?? '', 'admin', 'admin', 'fresh')
  }
  const exported = await newVm(lane, 'exported')
  await lane.plain.done(lane.plain.post(`/VirDomain/${exported}/export`, { target: archive }))
  await bridge.call('ping_read')
  return lane
}

/** One write, ready to be called for. */
interface Prepared {
  tool: string
  args: object
  /** The request at the cluster that carries it out. */
  method: string
  path: RegExp
  /** Whether the cluster shows what it does; undefined where nothing shows it but the request. */
  isDone?: () => boolean
}

const vmBody = (name: string) => ({
  dom: { name, numVCPU: 1, mem: 2 ** 26, blockDevs: [], netDevs: [] },
  options: {}
})

const newVm = ({ plain }: Lane, name: string): Promise<string> =>
  plain.done(plain.post('/VirDomain', vmBody(name)))

async function runningVm(lane: Lane, name: string): Promise<string> {
  const uuid = await newVm(lane, name)
  await lane.plain.done(
    lane.plain.post('/VirDomain/action', [{ virDomainUUID: uuid, actionType: 'START' }])
  )
  return uuid
}

const vmsNamed = ({ simulator }: Lane, name: string): number =>
  [...simulator.world.state.virDomains.values()].filter((vm) => vm.name === name).length

const snapshotsOf = ({ simulator }: Lane, label: string): number =>
  [...simulator.world.state.snapshots.values()].filter((one) => one.label === label).length

const vmState = ({ simulator }: Lane, uuid: string) => simulator.world.state.virDomains.get(uuid)

const action = { method: 'POST', path: /^\/VirDomain\/action$/ }
const ofVm = /^\/VirDomain\/[^/]+$/

/** What is called for, by name; `id` makes each call another one. */
const writes: Record<string, (lane: Lane, id: string) => Promise<Prepared>> = {
  snapshotVM: async (lane, id) => ({
    tool: 'snapshotVM',
    args: { vmUUID: await newVm(lane, `${id}-vm`), label: id },
    method: 'POST',
    path: /^\/VirDomainSnapshot$/,
    isDone: () => snapshotsOf(lane, id) === 1
  }),
  delete_snapshotVM: async (lane, id) => {
    const domainUUID = await newVm(lane, `${id}-vm`)
    const snapUUID = await lane.plain.done(
      lane.plain.post('/VirDomainSnapshot', { domainUUID, label: id })
    )
    return {
      tool: 'delete_snapshotVM',
      args: { snapUUID },
      method: 'DELETE',
      path: /^\/VirDomainSnapshot\//,
      isDone: () => snapshotsOf(lane, id) === 0
    }
  },
  cloneVM: async (lane, id) => ({
    tool: 'cloneVM',
    args: { vmUUID: await newVm(lane, `${id}-vm`), name: id },
    method: 'POST',
    path: /\/clone$/,
    isDone: () => vmsNamed(lane, id) === 1
  }),
  createVM: async (lane, id) => ({
    tool: 'createVM',
    args: { name: id, mem: 2 ** 26 },
    method: 'POST',
    path: /^\/VirDomain$/,
    isDone: () => vmsNamed(lane, id) === 1
  }),
  importVM: async (lane, id) => ({
    tool: 'importVM',
    args: { ...archive, name: id },
    method: 'POST',
    path: /^\/VirDomain\/import$/,
    isDone: () => vmsNamed(lane, id) === 1
  }),
  exportVM: async (lane, id) => ({
    tool: 'exportVM',
    args: { vmUUID: await newVm(lane, `${id}-vm`) },
    method: 'POST',
    path: /\/export$/
  }),
  updateVM: async (lane, id) => {
    const vmUUID = await newVm(lane, `${id}-vm`)
    return {
      tool: 'updateVM',
      args: { vmUUID, description: id },
      method: 'PATCH',
      path: ofVm,
      isDone: () => vmState(lane, vmUUID)?.description === id
    }
  },
  deleteVM: async (lane, id) => ({
    tool: 'deleteVM',
    args: { vmUUID: await newVm(lane, id) },
    method: 'DELETE',
    path: ofVm,
    isDone: () => vmsNamed(lane, id) === 0
  }),
  START: async (lane, id) => {
    const vmUUID = await newVm(lane, id)
    const isDone = () => vmState(lane, vmUUID)?.state === 'RUNNING'
    return { tool: 'changeVM_state', args: { vmUUID, actionType: 'START' }, ...action, isDone }
  },
  STOP: async (lane, id) => {
    const vmUUID = await runningVm(lane, id)
    const isDone = () => vmState(lane, vmUUID)?.state === 'SHUTOFF'
    return { tool: 'changeVM_state', args: { vmUUID, actionType: 'STOP' }, ...action, isDone }
  },
  SHUTDOWN: async (lane, id) => {
    const vmUUID = await runningVm(lane, id)
    // A guest that ignores it keeps running; the desired disposition shows the request.
    const isDone = () => vmState(lane, vmUUID)?.desiredDisposition === 'SHUTOFF'
    const args = { vmUUID, actionType: 'SHUTDOWN', wait: 0 }
    return { tool: 'changeVM_state', args, ...action, isDone }
  },
  'run_api POST': async (lane, id) => {
    const payload = { domainUUID: await newVm(lane, `${id}-vm`), label: id }
    return {
      tool: 'run_api',
      args: { method: 'POST', query: '/VirDomainSnapshot', payload },
      method: 'POST',
      path: /^\/VirDomainSnapshot$/,
      isDone: () => snapshotsOf(lane, id) === 1
    }
  },
  'run_api PATCH': async (lane, id) => {
    const vmUUID = await newVm(lane, `${id}-vm`)
    const payload = { description: id }
    return {
      tool: 'run_api',
      args: { method: 'PATCH', query: `/VirDomain/${vmUUID}`, payload },
      method: 'PATCH',
      path: ofVm,
      isDone: () => vmState(lane, vmUUID)?.description === id
    }
  },
  'run_api DELETE': async (lane, id) => ({
    tool: 'run_api',
    args: { method: 'DELETE', query: `/VirDomain/${await newVm(lane, id)}` },
    method: 'DELETE',
    path: ofVm,
    isDone: () => vmsNamed(lane, id) === 0
  })
}

const noTag = (body: unknown): unknown => ({ ...(body as object), taskTag: '' })

/**
 * What a caller may get: `C` done, `R` under way, `E` its task failed, `?` unknown, `!` failed by
 * the cluster and perhaps begun.
 */
type Told = 'C' | 'R' | 'E' | '?' | '!' | 'refused'

/** The faults, and what may be reported of them: a true "I do not know" is not always enough. */
const faults: [name: string, does: Misdeed | undefined, told: string][] = [
  ['none', undefined, 'C'],
  ['false 401', misdeeds.json(401), 'C'],
  ['JSON 500', misdeeds.json(500), '!'],
  // A VM that is where the action leads tells that it was carried out.
  ['JSON 500 after', misdeeds.jsonAfter(500), '!C'],
  ...[502, 503, 504, 408, 429].flatMap((status): [string, Misdeed, string][] => [
    [`JSON ${status}`, misdeeds.json(status), '?'],
    [`JSON ${status} after`, misdeeds.jsonAfter(status), '?']
  ]),
  ['HTML 502', misdeeds.page(502), '?'],
  ['HTML 502 after', misdeeds.pageAfter(502), '?'],
  ['empty 200', misdeeds.raw(200, ''), '?'],
  ['empty 200 after', misdeeds.rawAfter(200, ''), '?C'],
  ['{}', misdeeds.raw(200, '{}'), '?'],
  ['{} after', misdeeds.rawAfter(200, '{}'), '?C'],
  ['list', misdeeds.raw(200, '[{"taskTag": "1", "createdUUID": ""}]'), '?'],
  ['list after', misdeeds.rewritten((body) => [body]), '?C'],
  ['wrong types', misdeeds.raw(200, '{"taskTag": null, "createdUUID": 7}'), '?'],
  ['no tag', misdeeds.raw(200, '{"taskTag": "", "createdUUID": ""}'), '?'],
  ['no tag after', misdeeds.rewritten(noTag), '?C'],
  ['cut JSON after', misdeeds.rawAfter(200, '{"taskTag": "1'), '?'],
  ['reset', misdeeds.reset(), '?'],
  ['reset after', misdeeds.resetAfter(), '?'],
  ['truncated', misdeeds.truncate(), '?'],
  ['drip', misdeeds.drip(40), '?C'],
  ['late', misdeeds.delay(tooLongMs), '?'],
  ['late after', misdeeds.delayAfter(tooLongMs), '?'],
  ['hang', misdeeds.hang(), '?'],
  ['hang after', misdeeds.hangAfter(), '?']
]

/** What a response says, in one sign, and the sentence that says it. */
function read({ status, body }: ToolAnswer): { told: Told; message: string } {
  if (status !== 200) {
    const { code, message } = body.error as { code: string; message: string }
    if (code === 'OUTCOME_UNKNOWN') return { told: '?', message }
    return { told: code === 'CLUSTER_ERROR' ? '!' : 'refused', message }
  }
  const { state, message } = (body.task ?? body) as { state: string; message: string }
  const signs: Record<string, Told> = { COMPLETE: 'C', ERROR: 'E', UNKNOWN: '?' }
  return { told: signs[state] ?? 'R', message }
}

interface Outcome {
  told: Told
  message: string
  /** How often the cluster carried it out, by the requests it answered with success. */
  executions: number
  isDone: boolean
}

/** Why what was reported is not true; undefined where it is. */
function lie({ told, message, executions, isDone }: Outcome): string | undefined {
  if (executions > 1) return 'it was carried out twice'
  if (told === 'C' && !isDone) return 'it is told as done and is not'
  if (told === 'R' && executions === 0) return 'it is told as under way and was never begun'
  if (told === 'E' && isDone) return 'it is told as failed and is done'
  if (told === 'refused' && executions > 0) return 'it is told as refused and was carried out'
  if (told === '!' && !/may have begun/.test(message)) return 'it may have begun, which is not said'
  if (told !== '?') return undefined
  if (!/may or may not have been carried out|still reads/.test(message)) return 'what is unknown?'
  return /read|getVM_details|taskTagStatus_read/.test(message) ? undefined : 'where to look?'
}

const isBusy = ({ state }: { state: string }): boolean => ['QUEUED', 'RUNNING'].includes(state)

async function play(
  lane: Lane,
  name: string,
  does: Misdeed | undefined,
  id: string,
  lateMs: number
): Promise<Outcome> {
  const { bridge, proxies, simulator } = lane
  const prepared = await writes[name]?.(lane, id)
  if (prepared === undefined) throw new Error(`No write is called ${name}`)
  const { tool, args, method, path, isDone } = prepared
  proxies.reset()
  const executed = (): number =>
    simulator.requests.filter(
      (each) =>
        each.method === method &&
        path.test(each.path.replace('/rest/v1', '')) &&
        each.status >= 200 &&
        each.status < 300
    ).length
  const before = executed()
  const remove = does && proxies.all({ method, path, times: 1, does })
  const answer = await bridge.call(tool, { wait, ...args })
  remove?.()
  // What reaches the cluster late is still carried out.
  await delay(lateMs)
  await until(async () => !(await lane.plain.get<{ state: string }>('/TaskTag')).some(isBusy))
  const executions = executed() - before
  return { ...read(answer), executions, isDone: isDone?.() ?? executions === 1 }
}

/** The answer to a SHUTDOWN names no task anyhow (FACTS 4.1): nothing is wrong with it. */
const isItsOwn = (write: string, fault: string): boolean =>
  write === 'SHUTDOWN' && fault.startsWith('no tag')

t.test('every fault × every writing tool: at most once, and reported truthfully', async (t) => {
  const lanes = await Promise.all(Array.from({ length: 6 }, () => openLane(t)))
  const cases = Object.keys(writes).flatMap((write) =>
    faults
      .filter(([fault]) => !isItsOwn(write, fault))
      .map(([fault, does, mayTell]) => ({ write, fault, does, mayTell }))
  )
  const rows = new Map<string, string[]>(faults.map(([fault]) => [fault, []]))
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    lanes.map(async (lane) => {
      for (;;) {
        const at = next++
        const each = cases[at]
        if (each === undefined) return
        const { write, fault, does, mayTell } = each
        const outcome = await play(
          lane,
          write,
          does,
          `case-${at}`,
          fault === 'late' ? tooLongMs : 0
        )
        const label = `${write}, ${fault}: ${outcome.told}, ${outcome.executions} times: ${outcome.message}`
        t.equal(lie(outcome), undefined, label)
        const allowed = write === 'SHUTDOWN' ? mayTell.replace('C', 'CR') : mayTell
        t.ok(allowed.includes(outcome.told), `told as expected: ${label}`)
        rows.get(fault)?.push(`${write} ${outcome.executions}${outcome.told}`)
      }
    })
  )
  for (const [fault, row] of rows) t.comment(`${fault.padEnd(16)} ${row.toSorted().join(' | ')}`)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  t.comment(`${cases.length} cases in ${seconds} s: carried out, told`)
})
