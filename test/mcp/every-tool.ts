import { Ajv } from 'ajv'
import type { Test } from 'tap'
import { toolResponseText } from '../../src/tools/call/call-tool.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { startLlmServer } from '../helper/llm-server.ts'
import type { CallOutcome, McpUser } from '../helper/mcp-users.ts'
import { editHint, samples, subjectsOf } from '../tools.ts'
import { differences } from './text-and-data.ts'

/** A bridge on which every tool can be called, ask_api included. */
export async function bridgeForEveryTool(t: Test): Promise<TestBridge> {
  const model = await startLlmServer(t)
  return startTestBridge(t, {
    // Slow enough for a task to be seen on its way, also by a busy machine.
    simulator: { speed: 40, clusterSpec: true },
    config: { llm: { baseUrl: model.url, model: 'test-model', apiKey: undefined } }
  })
}

/** Calls a tool and answers its text. */
export type CallForText = (tool: string, args?: Record<string, unknown>) => Promise<string>

const field = (text: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? `no ${name} in ${text}`

const nobody = '00000000-0000-4000-8000-000000000000'

/** Calls that are refused, with what is wrong. */
const refusals: [tool: string, args: Record<string, unknown>][] = [
  ['vm_read', { fliter: 'web' }],
  ['vm_read', { limit: 'many', offset: -1 }],
  ['getVM_details', {}],
  ['getVM_details', { vmUUID: nobody }],
  ['changeVM_state', { vmUUID: nobody, actionType: 'EXPLODE' }],
  ['waitTask', { taskTag: '999999' }],
  ['snapshotVM', { vmUUID: nobody, label: 'x' }],
  ['createVM', { name: '', mem: -1 }],
  ['importVM', {}],
  ['run_api', { query: '/VirDomian', method: 'GET' }],
  ['run_api', { query: '/VirDomain', method: 'POST', payload: { nmae: 'x' } }],
  ['query_api', { query: ' ' }],
  ['ask_api', {}]
]

/**
 * Takes a VM through its whole life with every tool that changes something; returns each tool with
 * its text. All it created is deleted at the end. `name` distinguishes its VMs from other VMs.
 */
export async function lifeOfVm(call: CallForText, name: string): Promise<[string, string][]> {
  const told: [string, string][] = []
  const say = async (tool: string, args: Record<string, unknown> = {}): Promise<string> => {
    const text = await call(tool, args)
    told.push([tool, text])
    return text
  }
  const made = async (tool: string, args: Record<string, unknown>): Promise<string> =>
    field(await say(tool, args), 'createdUUID')

  const vmUUID = await made('createVM', {
    name,
    mem: 2 ** 30,
    disks: [{ capacity: 10 * 2 ** 30 }],
    nics: [{ vlan: 10 }]
  })
  await say('updateVM', { vmUUID, tags: 'test,mine' })
  await say('addDisk', { vmUUID, sizeGiB: 20 })
  await say('resizeDisk', { vmUUID, disk: 'slot 1', addGiB: 10 })
  await say('removeDisk', { vmUUID, disk: '1' })
  await say('addNIC', { vmUUID, vlan: 20 })
  await say('changeNIC', { vmUUID, nic: '2', vlan: 30 })
  await say('removeNIC', { vmUUID, nic: '2' })
  await say('insertISO', { vmUUID, iso: 'memtest86-10' })
  await say('bootOrder', { vmUUID, order: ['cd'] })
  await say('ejectISO', { vmUUID })
  const snapUUID = await made('snapshotVM', { vmUUID, label: 'before' })
  const clone = await made('cloneVM', { vmUUID, name: `${name}-clone`, snapUUID })
  const pathURI = field(await say('exportVM', { vmUUID, wait: 120 }), 'pathURI')
  const imported = await made('importVM', { pathURI, name: `${name}-back`, wait: 120 })
  await say('changeVM_state', { vmUUID, actionType: 'START' })
  await say('changeVM_state', { vmUUID, actionType: 'STOP' })
  await say('snapshotVM', { vmUUID, label: 'quick' })
  // Long enough to be met on its way, also by a busy machine.
  const taskTag = field(await say('exportVM', { vmUUID, wait: 0 }), 'taskTag')
  await say('waitTask', { taskTag, wait: 120 })
  await say('taskTagStatusFilter', { taskTag })
  await say('delete_snapshotVM', { snapUUID })
  await say('changeVMs', { vms: [name, `${name}-clone`], action: 'addTags', tags: 'several' })
  await say('snapshotSchedule_create', { name, every: 'week', on: 'sunday', keepDays: 28 })
  await say('snapshotSchedule_assign', { schedule: name, vms: ['tag:several'] })
  await say('replicate', { vmUUID: imported })
  const restoring = await say('restoreVM', { vmUUID, snapshot: 'quick', wait: 120 })
  await say('undo', { sequence: field(restoring, 'sequence'), wait: 120 })
  await say('deleteVM', { vmUUID: field(restoring, 'createdUUID') })
  const labelled = { tool: 'snapshotVM', args: { vm: name, label: 'planned' } }
  await say('plan', { steps: [labelled], wait: 120 })
  const node = { nodeUUID: '10.20.0.12', wait: 120 }
  await say('evacuateNode', { ...node, partly: true })
  await say('moveBack', node)
  const schedule = { name, rrules: [] }
  await say('run_api', { query: '/VirDomainSnapshotSchedule', method: 'POST', payload: schedule })
  for (const uuid of [clone, imported, vmUUID]) await say('deleteVM', { vmUUID: uuid })
  await say('ask_api', { question: 'How do I start a VM?' })
  await say('generate_session')
  await say('kill_session')
  await say('generate_session')
  return told
}

/** A text without what differs from call to call: names, numbers, uuids, how far a task is. */
const masked = (text: string, name: string): string =>
  text
    .replaceAll(name, 'NAME')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replace(/\bs-[a-z2-9]{8}\b/g, 'SEQUENCE')
    .replace(/-\d{8}-\d{6}-[0-9a-f]{8}/g, '-WHEN')
    .replace(/\b(?:[0-9A-F]{2}:){5}[0-9A-F]{2}\b/g, 'MAC')
    .replace(/\d+(\.\d+)?/g, '#')
    .replace(/QUEUED|RUNNING/g, 'UNDER WAY')

/** Every answer has to fit the output schema that the client was given. */
async function checkedUser(t: Test, user: McpUser): Promise<McpUser> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const { tools } = await user.listTools()
  const checks = new Map(tools.map((tool) => [tool.name, ajv.compile(tool.outputSchema ?? false)]))
  return {
    ...user,
    async call(name, args, options): Promise<CallOutcome> {
      const outcome = await user.call(name, args, options)
      const check = checks.get(name)
      if (outcome.isError) t.equal(outcome.structured, undefined, `${name}: an error has no data`)
      else if (check?.(outcome.structured) !== true)
        t.fail(`${name} answers what its schema does not allow`, { errors: check?.errors, outcome })
      return outcome
    }
  }
}

/** REST's text for the same call. */
export async function restText(
  bridge: TestBridge,
  tool: string,
  args: Record<string, unknown> = {}
): Promise<string> {
  const { text } = await bridge.call(tool, args, { accept: 'text/plain' })
  return text
}

/** Text of a call that must succeed, over MCP. */
const callOf =
  (t: Test, bridge: TestBridge, user: McpUser) =>
  async (tool: string, args: Record<string, unknown> = {}): Promise<string> => {
    const { text, structured, isError } = await user.call(tool, args)
    t.notOk(isError, `${tool}: ${text}`)
    const definition = bridge.app.tools.get(tool)
    t.equal(
      definition && toolResponseText(definition, structured),
      text,
      `${tool}: the text of its data`
    )
    t.same(
      differences(text, structured ?? {}),
      { invented: [], leftOut: [] },
      `${tool}: the text says what the data says`
    )
    return text
  }

/**
 * Every tool as this user calls it: its text and data agree, fit its schema, and are those of REST.
 * @param overRest the life of `rest-vm`, as reported over REST
 * @param name of the VM whose life is reported
 */
export async function callEveryTool(
  t: Test,
  bridge: TestBridge,
  overRest: readonly [tool: string, text: string][],
  given: McpUser,
  name: string
): Promise<void> {
  // The busiest VM is the same at every call.
  const busiest = bridge.simulator.world.state.guests.get(bridge.vm('dc-01'))
  if (busiest !== undefined) busiest.load = 30
  const user = await checkedUser(t, given)
  const call = callOf(t, bridge, user)
  const told = await lifeOfVm((tool, args) => call(tool, args), name)
  for (const [i, [tool, text]] of told.entries())
    t.equal(masked(text, name), masked(overRest[i]?.[1] ?? '', 'rest-vm'), `${tool} as over REST`)

  // test/upload calls what its sample is refused for.
  const refused = samples.filter((sample) => sample.refused === true)
  const called = new Set<string>([
    ...told.map(([tool]) => tool),
    ...refused.map(({ tool }) => tool)
  ])
  for (const { tool, effect, args, surfaces, live } of samples) {
    if (called.has(tool) && effect !== 'reads' && surfaces === undefined) continue
    called.add(tool)
    const about = subjectsOf(bridge, `${name}-${tool}`)
    const other = { ...about, name: `rest-${tool}` }
    const [own, rest] = [about, other].map((each) => surfaces?.(each) ?? [args(each, bridge)])
    for (const [i, values] of (own ?? []).entries()) {
      const text = await call(tool, values)
      const expected = await restText(bridge, tool, rest?.[i])
      if (effect === 'reads' && live === undefined) t.equal(text, expected, `${tool} as over REST`)
      else t.equal(masked(text, about.name), masked(expected, other.name), `${tool} as over REST`)
    }
  }
  t.same([...called].toSorted(), [...bridge.app.tools.keys()].toSorted(), editHint)

  for (const [tool, args] of refusals) {
    const { text, isError } = await user.call(tool, args)
    t.ok(isError, `${tool} ${JSON.stringify(args)} is refused`)
    const rest = await bridge.call(tool, args, { accept: 'text/plain' })
    t.ok(rest.status >= 400)
    t.equal(text, rest.text, `${tool}: the sentence of REST`)
  }
}
