import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const userData = Buffer.from('#cloud-config\npassword: hunter2hunter2\n').toString('base64')
const metaData = Buffer.from('instance-id: CANARY').toString('base64')

/** One VM with cloud-init data, and a snapshot that holds a copy of it. */
async function setUp(t: Parameters<typeof startTestBridge>[0]): Promise<{
  bridge: TestBridge
  vmUUID: string
}> {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshots } = bridge.simulator.world.state
  const vmUUID = bridge.vm('web-01')
  for (const vm of virDomains.values())
    if (vm.uuid === vmUUID) vm.cloudInitData = { userData, metaData }
  for (const snapshot of snapshots.values())
    if (snapshot.domainUUID === vmUUID)
      snapshot.domain = { ...snapshot.domain, cloudInitData: { userData, metaData } }
  return { bridge, vmUUID }
}

const untold = (vmUUID: string): [tool: string, args: Record<string, unknown>][] => [
  ['vm_read', { detail: 'full', max_tokens: 100_000 }],
  ['vm_read', { fields: ['name', 'state'] }],
  ['fetch_vm', { name: 'web-01' }],
  ['getVM_details', { vmUUID }],
  ['vmSnapshots_read', { detail: 'full', vmUUID }],
  ['run_api', { query: `/VirDomain/${vmUUID}`, method: 'GET' }],
  ['run_api', { query: '/VirDomainSnapshot', method: 'GET' }],
  ['vm_read', { filter: 'cloudInitData:nothing has this' }]
]

t.test('cloud-init data is shown only to those who ask for it by name', async (t) => {
  const { bridge, vmUUID } = await setUp(t)
  const client = await connectMcp(t, bridge)
  for (const [name, args] of untold(vmUUID)) {
    const said = [
      (await bridge.call(name, args)).text,
      (await bridge.call(name, args, { accept: 'text/plain' })).text,
      JSON.stringify(await client.callTool({ name, arguments: args }))
    ]
    for (const text of said)
      for (const secret of [userData, metaData])
        t.notOk(text.includes(secret), `${name} ${JSON.stringify(args)}`)
  }
  const { body } = await bridge.call('run_api', { query: `/VirDomain/${vmUUID}`, method: 'GET' })
  t.match(JSON.stringify(body), `not shown, ${userData.length} characters: vm_read with`)

  for (const field of ['cloudInitData', 'CLOUDINITDATA']) {
    const named = { filter: 'name:web-01', fields: [field] }
    t.match((await bridge.call('vm_read', named)).body.items, [
      { cloudInitData: { userData, metaData } }
    ])
    t.match((await bridge.call('vm_read', named, { accept: 'text/plain' })).text, userData)
  }
})

t.test('and a filter matches it only when the field is named', async (t) => {
  const { bridge } = await setUp(t)
  const total = async (filter: string): Promise<number> =>
    (await bridge.call('vm_read', { filter, detail: 'full' })).body.total
  t.equal(await total(userData.slice(0, 12)), 0)
  t.equal(await total(`${userData.slice(0, 12)}*`), 0)
  t.equal(await total(`cloudInitData:${userData}`), 1, 'named it is found')
})
