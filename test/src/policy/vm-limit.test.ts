import t, { type Test } from 'tap'
import { loadCatalog } from '../../../src/catalog/load.ts'
import { ClusterCall, type ClusterRequest } from '../../../src/hypercore/cluster-api.ts'
import type { Principal } from '../../../src/identity/principal.ts'
import type { Scope } from '../../../src/identity/scope.ts'
import { BridgeError } from '../../../src/lib/errors/errors.ts'
import { Approvals } from '../../../src/policy/approvals.ts'
import { Policy } from '../../../src/policy/policy.ts'
import { clientFor } from '../../helper/cluster-client.ts'
import { testConfig } from '../../helper/config.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { simulatorFor, until } from '../../helper/simulator.ts'

const limited = (scopes: Scope[]): Principal => ({
  name: 'lab',
  kind: 'token',
  scopes: new Set(scopes),
  vmTags: ['lab']
})

/** A simulated cluster of which one VM is tagged `lab`, and a call of a token that is limited to it. */
async function start(t: Test, scopes: Scope[] = ['read', 'operate', 'interrupt', 'lose']) {
  const simulator = await simulatorFor(t, { nodes: 1 })
  const { state } = simulator.world
  const withDisk = [...state.virDomains.values()].filter(
    ({ blockDevs, netDevs }) => blockDevs.length > 0 && netDevs.length > 0
  )
  const [own, other] = withDisk
  if (own === undefined || other === undefined) throw new Error('The cluster has too few VMs')
  own.tags = 'x,Lab'
  other.tags = 'labour,not-lab'
  const policy = new Policy({
    settings: testConfig,
    catalog: loadCatalog(),
    approvals: new Approvals(),
    archive: undefined,
    hasApprover: () => false,
    approverHint: () => '',
    consoleUrl: () => '/console',
    lossWords: () => []
  })
  const { client } = clientFor(t, simulator.urls, { guard: policy })
  const call = new ClusterCall(client, { principal: limited(scopes) })
  const codeOf = async (request: ClusterRequest): Promise<string> => {
    try {
      return String((await call.request(request)).status)
    } catch (error) {
      return error instanceof BridgeError ? error.code : String(error)
    }
  }
  const snapshots = [...state.snapshots.values()]
  const foreign = snapshots.find(({ domainUUID }) => domainUUID !== own.uuid)
  if (foreign === undefined) throw new Error('The cluster has no snapshot')
  return { simulator, own, other, foreign, call, codeOf, client }
}

const paths = [
  '/VirDomain',
  '/VirDomainStats',
  '/VirDomainBlockDevice',
  '/VirDomainNetDevice',
  '/VirDomainSnapshot',
  '/VirDomainReplication'
]

t.test('a limited token reads of its own VMs alone', async (t) => {
  const { own, simulator, other, foreign, call } = await start(t)
  const names = [...simulator.world.state.virDomains.values()]
    .filter(({ uuid }) => uuid !== own.uuid)
    .map(({ name }) => `"${name}"`)
  for (const path of paths) {
    const { body } = await call.request({ method: 'GET', path })
    const text = JSON.stringify(body)
    t.ok(Array.isArray(body), path)
    t.notOk(text.includes(other.uuid), `${path} does not hold another VM`)
    t.same(
      names.filter((name) => text.includes(name)),
      [],
      path
    )
  }
  const { body: vms } = await call.request({ method: 'GET', path: '/VirDomain' })
  t.match(vms, [{ uuid: own.uuid }])
  for (const path of [
    `/VirDomain/${other.uuid}`,
    `/VirDomainBlockDevice/${other.blockDevs[0]?.uuid ?? ''}`,
    `/VirDomainNetDevice/${other.netDevs[0]?.uuid ?? ''}`,
    `/VirDomainSnapshot/${foreign.uuid}`
  ])
    t.same((await call.request({ method: 'GET', path })).body, [], path)
})

t.test('it acts on nothing of another VM, whichever way it is named', async (t) => {
  const { own, other, foreign, simulator, codeOf } = await start(t)
  const [disk, nic] = [other.blockDevs[0]?.uuid ?? '', other.netDevs[0]?.uuid ?? '']
  const body = { description: 'x' }
  const calls: ClusterRequest[] = [
    { method: 'PATCH', path: `/VirDomain/${other.uuid}`, body },
    { method: 'PATCH', path: `/VirDomain/${other.uuid.toUpperCase()}`, body },
    { method: 'DELETE', path: `/VirDomain/${other.uuid}` },
    { method: 'POST', path: `/VirDomain/${other.uuid}/clone`, body: { template: { tags: 'lab' } } },
    { method: 'POST', path: '/VirDomainSnapshot', body: { domainUUID: other.uuid, label: 'x' } },
    { method: 'DELETE', path: `/VirDomainSnapshot/${foreign.uuid}` },
    { method: 'PATCH', path: `/VirDomainBlockDevice/${disk}`, body: { cacheMode: 'NONE' } },
    { method: 'DELETE', path: `/VirDomainBlockDevice/${disk}` },
    { method: 'PATCH', path: `/VirDomainNetDevice/${nic}`, body: { connected: false } },
    { method: 'DELETE', path: `/VirDomainNetDevice/${nic}` },
    {
      method: 'POST',
      path: '/VirDomain/action',
      body: [own, other].map(({ uuid }) => ({ virDomainUUID: uuid, actionType: 'STOP' }))
    },
    {
      method: 'POST',
      path: `/VirDomain/${own.uuid}/clone`,
      body: { snapUUID: foreign.uuid, template: { name: 'x', tags: 'lab' } }
    }
  ]
  const before = simulator.requests.length
  for (const request of calls)
    t.equal(
      await codeOf(request),
      'TARGET_REFUSED',
      `${request.method} ${request.path} ${JSON.stringify(request.body) ?? ''}`
    )
  t.notOk(
    simulator.requests.slice(before).some(({ method }) => method !== 'GET' && method !== 'POST')
  )
  t.equal(await codeOf({ method: 'PATCH', path: `/VirDomain/${own.uuid}`, body }), '200')
})

t.test('it creates only what has its tag, and changes no tags', async (t) => {
  const { own, codeOf } = await start(t)
  const dom = { name: 'new', mem: 2 ** 30, numVCPU: 1 }
  const create = (tags?: string): ClusterRequest => ({
    method: 'POST',
    path: '/VirDomain',
    body: { dom: { ...dom, ...(tags !== undefined && { tags }) }, options: {} }
  })
  t.equal(await codeOf(create()), 'TARGET_REFUSED')
  t.equal(await codeOf(create('prod')), 'TARGET_REFUSED')
  t.equal(await codeOf(create('lab')), '200')
  const clone = (template: object): ClusterRequest => ({
    method: 'POST',
    path: `/VirDomain/${own.uuid}/clone`,
    body: { template: { name: 'copy', ...template } }
  })
  t.equal(await codeOf(clone({})), 'TARGET_REFUSED')
  t.equal(await codeOf(clone({ tags: 'prod' })), 'TARGET_REFUSED')
  t.equal(await codeOf(clone({ tags: 'prod,lab' })), '200')
  t.equal(
    await codeOf({ method: 'PATCH', path: `/VirDomain/${own.uuid}`, body: { tags: 'lab,prod' } }),
    'SCOPE_REQUIRED'
  )
})

t.test('a tag that is taken away takes effect with the next call', async (t) => {
  const { own, codeOf } = await start(t)
  const patch: ClusterRequest = {
    method: 'PATCH',
    path: `/VirDomain/${own.uuid}`,
    body: { description: 'x' }
  }
  t.equal(await codeOf(patch), '200')
  own.tags = 'prod'
  t.equal(await codeOf(patch), 'TARGET_REFUSED')
})

t.test(
  'what was computed for one token is seen by no other, and by none once a tag has changed',
  async (t) => {
    const { simulator, own, other, client } = await start(t)
    const callOf = (vmTags: string[]): ClusterCall =>
      new ClusterCall(client, { principal: { ...limited(['read']), vmTags } })
    const uuidsFor = async (vmTags: string[]): Promise<string[]> => {
      const { body } = await callOf(vmTags).request({ method: 'GET', path: '/VirDomain' })
      return (body as { uuid: string }[]).map(({ uuid }) => uuid)
    }
    const snapshotsFor = async (vmTags: string[]): Promise<Set<string>> => {
      const { body } = await callOf(vmTags).request({ method: 'GET', path: '/VirDomainSnapshot' })
      return new Set((body as { domainUUID: string }[]).map(({ domainUUID }) => domainUUID))
    }
    // The same list the third time is one that is shared.
    for (let round = 0; round < 4; round++) {
      t.same(await uuidsFor(['lab']), [own.uuid], `lab, ${round}`)
      t.same(await uuidsFor(['not-lab']), [other.uuid], `not-lab, ${round}`)
      t.same((await uuidsFor(['lab', 'not-lab'])).toSorted(), [own.uuid, other.uuid].toSorted())
      for (const vm of await snapshotsFor(['not-lab'])) t.equal(vm, other.uuid)
    }
    const whole = JSON.stringify(
      await callOf(['lab']).request({ method: 'GET', path: '/VirDomain' })
    )
    t.notOk(whole.includes(other.uuid))
    other.tags = 'lab'
    own.tags = ''
    for (let round = 0; round < 4; round++) {
      t.same(await uuidsFor(['lab']), [other.uuid], `after the change, ${round}`)
      t.same(await uuidsFor(['not-lab']), [])
      for (const vm of await snapshotsFor(['lab'])) t.equal(vm, other.uuid)
    }
    // The snapshots are the same text as before; the VMs are not.
    own.tags = 'lab'
    const seen = await snapshotsFor(['lab'])
    t.ok([...seen].every((vm) => vm === own.uuid || vm === other.uuid))
    t.equal(
      seen.has(own.uuid),
      [...simulator.world.state.snapshots.values()].some(
        ({ domainUUID }) => domainUUID === own.uuid
      )
    )
  }
)

t.test('tokens that share one response of the cluster see their own VMs alone', async (t) => {
  const { simulator, own, other, call, client } = await start(t)
  own.tags = 'lab'
  other.tags = 'shop'
  const shop = new ClusterCall(client, {
    principal: { ...limited(['read']), name: 'shop', vmTags: ['shop'] }
  })
  const all = new ClusterCall(client, {
    principal: { ...limited(['read']), name: 'all', vmTags: undefined }
  })
  await call.list('/VirDomain')
  const waits = holdTimers(t, 4_000_000)
  for (const path of ['/VirDomain', '/VirDomainNetDevice'] as const) {
    const ask = (): Promise<[unknown[], unknown[], unknown[]]> =>
      Promise.all([call.list(path), shop.list(path), all.list(path)])
    simulator.faults.add({ kind: 'slow', path, ms: 4_000_000 })
    const before = client.traffic().sharedReads
    const asked = simulator.requests.length
    const reading = ask()
    await until(() => waits.waiting.length > 0 && client.traffic().sharedReads >= before + 2)
    simulator.faults.clear()
    let isOver = false
    const over = reading.finally(() => (isOver = true))
    await until(() => (waits.release(), isOver))
    const [ofLab, ofShop, ofAll] = await over
    const sent = simulator.requests.slice(asked).filter((each) => each.path === `/rest/v1${path}`)
    // A limited token's tags are looked up in the list of VMs first.
    t.ok(sent.length <= (path === '/VirDomain' ? 2 : 1), `${path}: not one request each`)
    const owners = (records: unknown[]): Set<unknown> =>
      new Set(
        records.map((record) => {
          const { uuid, virDomainUUID } = record as { uuid: string; virDomainUUID?: string }
          return virDomainUUID ?? uuid
        })
      )
    t.same(owners(ofLab), new Set([own.uuid]), path)
    t.same(owners(ofShop), new Set([other.uuid]), path)
    t.ok(owners(ofAll).size > 2, 'who is not limited sees all of the same response')
  }
})
