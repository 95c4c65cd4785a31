import type { ErrorCode } from '../../src/lib/errors/errors.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import type { TestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'
import { brokenDirectory, brokenModel, signedIn, wrongSettings } from './broken-servers.ts'
import { strictBridge } from './hard-edges.ts'
import { approvedBridge, narrowBridge, readOnlyBridge } from './policy-refusals.ts'
import { type Provocation, refused, type Situation, told } from './provocation.ts'

const nobody = '00000000-0000-4000-8000-000000000000'

/** A call while the cluster is broken in one way. */
const during = (
  bridge: TestBridge,
  fault: Fault,
  code: ErrorCode,
  tool: string,
  args: object
): Provocation => ({
  how: `${tool} during ${fault.kind}`,
  code,
  tool,
  async meet() {
    const remove = bridge.simulator.faults.add(fault)
    try {
      return told(await bridge.call(tool, args))
    } finally {
      remove()
    }
  }
})

/** Before a tool is called, and by what the tools themselves refuse. */
const plainBridge: Situation = async (_owner, start) => {
  const bridge = await start({ config: { archive: undefined } })
  const { state } = bridge.simulator.world
  const vms = [...state.virDomains.values()]
  const running = vms.find((vm) => vm.state === 'RUNNING')
  const stopped = vms.find((vm) => vm.state === 'SHUTOFF')
  const vmUUID = running?.uuid
  const labels = [...state.snapshots.values()].map(({ label }) => label)
  const shared = labels.find((label, i) => label !== '' && labels.indexOf(label) !== i)
  const fetched = (how: string, code: ErrorCode, path: string, options: object): Provocation => ({
    how,
    code,
    meet: async () => told(await bridge.fetch(path, options))
  })
  const headers = { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' }
  const api = (code: ErrorCode, args: object): Provocation => refused(bridge, code, 'run_api', args)
  const wrong = (tool: string, args: unknown): Provocation =>
    refused(bridge, 'INVALID_ARGUMENT', tool, args)
  const missing = (tool: string, args: object): Provocation =>
    refused(bridge, 'NOT_FOUND', tool, args)
  const illegal = (tool: string, args: object): Provocation =>
    refused(bridge, 'ILLEGAL_STATE', tool, args)

  return [
    fetched('no token', 'UNAUTHORIZED', '/vm_read', { method: 'POST' }),
    fetched('another name', 'HOST_REFUSED', '/health', { headers: { host: 'other.example' } }),
    fetched('another page', 'ORIGIN_REFUSED', '/mcp', {
      method: 'POST',
      headers: { ...headers, origin: 'https://evil.example' },
      body: '{}'
    }),
    fetched('GET of a tool', 'METHOD_NOT_ALLOWED', '/vm_read', {}),
    fetched('GET of MCP', 'METHOD_NOT_ALLOWED', '/mcp', { headers }),
    fetched('a path that is nearly a tool', 'ROUTE_NOT_FOUND', '/vms_read', { method: 'POST' }),
    fetched('a path like no other', 'ROUTE_NOT_FOUND', '/missing.ico', {}),
    fetched('an unknown set of tools', 'INVALID_ARGUMENT', '/openapi.json?tools=cores', {}),
    refused(bridge, 'INVALID_JSON', 'vm_read', '{"filter": '),
    refused(bridge, 'BODY_TOO_LARGE', 'vm_read', { filter: 'x'.repeat(9 * 2 ** 20) }),
    refused(bridge, 'INVALID_ARGUMENT', 'run_api', {
      query: '/VirDomain/action',
      method: 'POST',
      payload: Array.from({ length: 1001 }, () => ({}))
    }),
    refused(bridge, 'UNSUPPORTED_MEDIA_TYPE', 'vm_read', '{}', { 'content-type': 'text/plain' }),
    refused(bridge, 'NOT_CONFIGURED', 'exportVM', { vmUUID }),
    refused(bridge, 'NOT_CONFIGURED', 'fetch_vm', { user: 'ada' }),
    refused(bridge, 'LLM_NOT_CONFIGURED', 'ask_api', { question: 'how?' }),

    missing('getVM_details', { vmUUID: nobody }),
    missing('getVM_details', { vmUUID: 'no-such-vm' }),
    missing('cloneVM', { vmUUID, snapUUID: nobody }),
    missing('delete_snapshotVM', { snapUUID: nobody }),
    missing('changeVM_state', { vmUUID, actionType: 'LIVEMIGRATE', nodeUUID: nobody }),
    missing('createVM', { name: 'new', isoUUID: nobody }),
    missing('waitTask', { taskTag: '999999' }),
    missing('taskTagStatusFilter', { taskTag: '999999' }),
    api('NOT_FOUND', { query: '/VirDomains', method: 'GET' }),
    api('METHOD_NOT_ALLOWED', { query: '/Cluster', method: 'DELETE' }),
    refused(bridge, 'AMBIGUOUS_NAME', 'getVM_details', { vmUUID: 'web' }),
    refused(bridge, 'AMBIGUOUS_NAME', 'delete_snapshotVM', { snapUUID: shared }),

    illegal('deleteVM', { vmUUID }),
    illegal('changeVM_state', { vmUUID: stopped?.uuid, actionType: 'SHUTDOWN' }),
    illegal('changeVM_state', { vmUUID: stopped?.uuid, actionType: 'PAUSE' }),
    illegal('changeVM_state', { vmUUID, actionType: 'LIVEMIGRATE', nodeUUID: running?.nodeUUID }),

    wrong('fetch_vm', {}),
    wrong('fetch_vm', { name: 'a', user: 'b' }),
    wrong('vm_read', []),
    wrong('vm_read', { limit: 'many' }),
    wrong('vm_read', { limit: 0 }),
    wrong('vm_read', { limit: 100_000 }),
    wrong('vm_read', { offset: 5000 }),
    wrong('vm_read', { detail: 'everything' }),
    wrong('vm_read', { colour: 'red' }),
    wrong('getVM_details', {}),
    wrong('snapshotVM', { vmUUID, label: ' ' }),
    wrong('snapshotVM', { vmUUID, label: 'x'.repeat(300) }),
    wrong('changeVM_state', { vmUUID, actionType: 'LIVEMIGRATE' }),
    wrong('changeVM_state', { vmUUID, actionType: 'STOP', nodeUUID: running?.nodeUUID }),
    wrong('changeVM_state', { vmUUID, actionType: 'EXPLODE' }),
    wrong('updateVM', { vmUUID }),
    wrong('createVM', { name: 'new', disks: [{ capacity: 5 }] }),
    wrong('createVM', { name: 'new', disks: [{ size: 2 ** 30 }] }),
    wrong('importVM', { pathURI: 'somewhere' }),
    wrong('waitTask', { taskTag: 'task #5' }),
    api('INVALID_ARGUMENT', { query: '/VirDomain', method: 'FETCH' }),
    api('INVALID_ARGUMENT', { query: '/VirDomain', method: 'POST' }),
    api('INVALID_ARGUMENT', {
      query: `/VirDomain/${vmUUID}`,
      method: 'PATCH',
      payload: { uuid: '' }
    }),
    api('INVALID_ARGUMENT', { query: '/VirDomain', method: 'GET', payload: '{"a":' }),
    api('PATH_REFUSED', { query: '/VirDomain/../login', method: 'GET' }),
    api('PATH_REFUSED', { query: 'https://other.example/rest/v1/VirDomain', method: 'GET' }),
    api('PATH_REFUSED', { query: '/VirDomain/{uuid}', method: 'GET' }),
    api('PATH_REFUSED', { query: '/login', method: 'POST', payload: {} }),
    api('CLUSTER_REFUSED', { query: '/NoSuchThing', method: 'GET', validate: false })
  ]
}

/** A cluster that fails in each of its ways. */
const brokenCluster: Situation = async (_owner, start) => {
  const bridge = await start()
  const impatient = await start({ cluster: { timeouts: { headersMs: 1500 } } })
  const vmUUID = bridge.vm('web-01')
  const list = (kind: Fault['kind'], code: ErrorCode, path?: string): Provocation =>
    during(bridge, { kind, path }, code, 'vm_read', {})
  for (const each of [bridge, impatient]) await each.call('ping_read')
  return [
    list('error-500', 'CLUSTER_ERROR'),
    list('error-500', 'CLUSTER_ERROR', '/VirDomain'),
    list('html-502', 'CLUSTER_BAD_ANSWER'),
    list('truncated-json', 'CLUSTER_BAD_ANSWER'),
    list('reset-before', 'CLUSTER_UNREACHABLE'),
    during(
      bridge,
      { kind: 'error-500', path: '/VirDomainSnapshot' },
      'CLUSTER_ERROR',
      'snapshotVM',
      {
        vmUUID,
        label: 'x'
      }
    ),
    during(
      bridge,
      { kind: 'error-500', path: '/VirDomain/action' },
      'CLUSTER_ERROR',
      'changeVM_state',
      {
        vmUUID,
        actionType: 'REBOOT'
      }
    ),
    during(bridge, { kind: 'reset-after', method: 'POST' }, 'OUTCOME_UNKNOWN', 'snapshotVM', {
      vmUUID,
      label: 'x'
    }),
    during(impatient, { kind: 'hang', path: '/VirDomain' }, 'CLUSTER_TIMEOUT', 'vm_read', {}),
    list('node-down', 'CLUSTER_UNREACHABLE')
  ]
}

/** A cluster that has just begun to update itself. */
const updatedCluster: Situation = async (_owner, start) => {
  const bridge = await start({ simulator: { speed: 1 } })
  const [update] = bridge.simulator.world.state.updates
  await bridge.call('run_api', { method: 'POST', query: `/Update/${String(update?.uuid)}/apply` })
  const vmUUID = bridge.vm('web-01')
  const meets = (tool: string, args: object): Provocation =>
    refused(bridge, 'UPDATE_IN_PROGRESS', tool, args)
  return [
    meets('changeVM_state', { vmUUID, actionType: 'REBOOT' }),
    meets('run_api', {
      method: 'POST',
      query: '/VirDomain/action',
      payload: [{ virDomainUUID: vmUUID, actionType: 'STOP' }]
    }),
    during(bridge, { kind: 'error-500' }, 'CLUSTER_ERROR', 'vm_read', {})
  ]
}

/** A VM that is being exported, and VMs that are being cloned. */
const busyVm: Situation = async (_owner, start) => {
  const bridge = await start({ simulator: { speed: 0 }, timings: { queueMs: 50 } })
  const vmUUID = bridge.vm('web-01')
  const off = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'SHUTOFF'
  )?.uuid
  await bridge.call('exportVM', { vmUUID, wait: 0 })
  await bridge.call('cloneVM', { vmUUID: off, wait: 0 })
  const meets = (tool: string, args: object): Provocation => refused(bridge, 'VM_BUSY', tool, args)
  return [
    meets('updateVM', { vmUUID, tags: 'x' }),
    meets('deleteVM', { vmUUID: off }),
    meets('run_api', { method: 'DELETE', query: `/VirDomain/${off}` })
  ]
}

/** A node that carries out as many slow exports as it is given at a time. */
const busyNode: Situation = async (_owner, start) => {
  const bridge = await start({ simulator: { nodes: 1 } })
  const { simulator } = bridge
  const vms = [...simulator.world.state.virDomains.keys()]
  return [
    {
      how: 'exportVM during 8 others',
      code: 'CLUSTER_BUSY',
      tool: 'exportVM',
      async meet() {
        const remove = simulator.faults.add({
          kind: 'slow',
          path: '/VirDomain',
          method: 'POST',
          ms: 6000
        })
        const others = vms.slice(0, 8).map((vmUUID) => bridge.call('exportVM', { vmUUID, wait: 0 }))
        try {
          await until(
            () => simulator.requests.filter(({ path }) => path.endsWith('/export')).length === 8
          )
          return told(await bridge.call('exportVM', { vmUUID: vms[8], wait: 0 }))
        } finally {
          remove()
          await Promise.all(others)
        }
      }
    }
  ]
}

/** A folder of the ledger in which nothing can be written: it is below a file. */
const noLedger: Situation = async (_owner, start) => {
  const bridge = await start({ store: '/dev/null/store' })
  const args = { vmUUID: bridge.vm('web-01'), label: 'x' }
  return [refused(bridge, 'LEDGER_UNAVAILABLE', 'snapshotVM', args)]
}

/** A record that cannot be written: it is below a file. */
const noRecord: Situation = async (_owner, start) => {
  const audit = {
    path: '/dev/null/audit.jsonl',
    keyPath: '/dev/null/key',
    maxBytes: 1e6,
    keepMs: 1e9
  }
  const bridge = await start({ audit })
  const args = { vmUUID: bridge.vm('web-01'), label: 'x' }
  return [refused(bridge, 'AUDIT_UNAVAILABLE', 'snapshotVM', args)]
}

export const situations: Situation[] = [
  plainBridge,
  busyVm,
  busyNode,
  noLedger,
  noRecord,
  brokenCluster,
  updatedCluster,
  readOnlyBridge,
  narrowBridge,
  approvedBridge,
  strictBridge,
  wrongSettings,
  brokenDirectory,
  brokenModel,
  signedIn
]
