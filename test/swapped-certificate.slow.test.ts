import t from 'tap'
import { startTestBridge, type ToolAnswer } from './helper/bridge.ts'
import { callRaw } from './helper/mcp-raw.ts'
import { simulatorFor, until } from './helper/simulator.ts'
import { startImpostor, startSwitchboard } from './helper/switchboard.ts'

const portOf = (url: string | undefined): number => Number(new URL(url ?? '').port)

t.test('a certificate that is swapped while the bridge runs', async (t) => {
  const options = { nodes: 1, vms: 6, speed: 1 }
  const before = await simulatorFor(t, options)
  const after = await simulatorFor(t, options)
  const impostor = await startImpostor(t)
  const board = await startSwitchboard(t, portOf(before.urls[0]))
  const pins = [...before.fingerprints]
  const login = {
    username: before.world.options.user,
    password: before.world.options.password,
    useOidc: false
  }
  let repinned = false
  const bridge = await startTestBridge(t, {
    cluster: {
      ...login,
      nodes: [`https://127.0.0.1:${board.port}`],
      tls: { mode: 'pin', fingerprints: pins },
      accessSource: {
        read: async () =>
          repinned
            ? { ...login, tls: { mode: 'pin' as const, fingerprints: after.fingerprints } }
            : undefined,
        fixed: []
      },
      timeouts: { connectMs: 5_000 }
    }
  })
  const [vm, other] = [...before.world.state.virDomains.values()]
  if (vm === undefined || other === undefined) throw new Error('The cluster has too few VMs')

  /** Reads and writes, secrets in some of them. */
  const calls: [tool: string, args: object][] = [
    ['vm_read', {}],
    ['cluster_read', {}],
    ['getVM_details', { vmUUID: vm.uuid }],
    ['run_api', { query: '/User', method: 'GET' }],
    ['run_api', { query: '/VirDomain/x', method: 'DELETE', validate: false }],
    ['snapshotVM', { vmUUID: vm.uuid, label: 'swapped', wait: 0 }],
    ['changeVM_state', { vmUUID: other.uuid, actionType: 'START', wait: 0 }],
    ['exportVM', { vmUUID: vm.uuid, wait: 0 }],
    [
      'run_api',
      {
        query: '/User',
        method: 'POST',
        payload: { username: 'new', password: 'S3cret-of-a-body', fullName: 'N', roleUUIDs: [] },
        validate: false
      }
    ],
    ['generate_session', {}]
  ]
  const call = ([tool, args]: (typeof calls)[number]): Promise<ToolAnswer> =>
    bridge.call(tool, args)

  for (const each of calls.slice(0, 4)) t.equal((await call(each)).status, 200, each[0])

  // A task is followed, and reads are under way.
  const followed = bridge.call('cloneVM', { vmUUID: vm.uuid, name: 'under way', wait: 3 })
  await until(() => before.requests.some(({ path }) => path.includes('/TaskTag/')))
  before.faults.add({ kind: 'slow', path: '/VirDomain', ms: 300, times: 5 })
  const underWay = Array.from({ length: 5 }, () => bridge.call('vm_read'))
  await until(() => before.requests.filter(({ path }) => path.endsWith('/VirDomain')).length >= 3)
  board.switchTo(impostor.port)

  for (const { status, body } of await Promise.all(underWay)) {
    t.ok(status >= 500, `a read that was under way: ${status}`)
    t.match(body.error.code, /^CLUSTER_(?:TLS|UNREACHABLE|BAD_ANSWER)$/)
  }
  const clone = await followed
  t.ok(
    clone.status >= 500 || !/COMPLETE/.test(String(clone.body.state)),
    'nobody says that the task is done'
  )
  const seenBefore = before.requests.length

  for (const each of calls) {
    const [tool] = each
    const { status, body } = await call(each)
    t.match(
      { status, error: body.error },
      { status: 502, error: { code: 'CLUSTER_TLS', message: impostor.fingerprint } },
      tool
    )
    const { text } = await callRaw(bridge, 'modern', tool, { ...each[1] })
    t.match(text, impostor.fingerprint, `${tool} over MCP`)
  }
  t.match((await bridge.fetch('/ready')).status, 503)
  t.match((await bridge.call('get_session')).body.sessions, [{ valid: false }])
  await Promise.all(Array.from({ length: 20 }, () => bridge.call('node_read')))

  t.ok(impostor.connections > 5, `${impostor.connections} connections came to the impostor`)
  t.equal(Buffer.concat(impostor.received).length, 0, 'and not a byte of a request')
  t.equal(before.requests.length, seenBefore, 'nor did one come to the cluster')

  // The certificate was renewed, and the administrator has pinned the new one.
  board.switchTo(portOf(after.urls[0]))
  const refused = await bridge.call('cluster_read')
  t.match(refused.body.error, { code: 'CLUSTER_TLS' }, 'not before it is pinned')
  t.equal(after.requests.length, 0)
  repinned = true
  await until(async () => (await bridge.call('cluster_read')).status === 200)
  for (const each of calls.slice(0, 3)) t.equal((await call(each)).status, 200, each[0])
  t.equal(after.requests.filter(({ path }) => path.endsWith('/login')).length, 1, 'one login')
  const written = await bridge.call('snapshotVM', { vmUUID: vm.uuid, label: 'again', wait: 0 })
  t.equal(written.status, 200, written.text)

  board.switchTo(impostor.port)
  t.match((await bridge.call('cluster_read')).body.error, { code: 'CLUSTER_TLS' })
  t.equal(impostor.received.length, 0)
  t.comment(
    `${impostor.connections} connections, ${impostor.received.length} bytes to the impostor`
  )
})
