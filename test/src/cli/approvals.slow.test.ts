import t, { type Test } from 'tap'
import { addApprovers } from '../../helper/approvers.ts'
import { startTestBridge } from '../../helper/bridge.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { hostileNames } from '../../helper/hostile-names.ts'

async function start(t: Test) {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: { approval: 'write' }
  })
  const approvers = addApprovers(bridge)
  const cwd = t.testdir()
  const env = { BRIDGE_TOKEN: approvers.alice.token, BRIDGE_URL: `${bridge.url}/console` }
  const approvals = (
    args: string[],
    more: { terminal?: number; env?: Record<string, string> } = {}
  ) => runCli(t, ['approvals', ...args], { cwd, env, ...more })
  return { bridge, ...approvers, approvals, cwd, env, vmUUID: bridge.vm('web-01') }
}

t.test('plans are listed, shown, approved and denied', async (t) => {
  const { bridge, alice, plan, approvals, vmUUID } = await start(t)
  t.match(await approvals([]), { code: 0, stdout: 'Nothing waits for approval.\n', stderr: '' })
  const args = { vmUUID, label: 'x' }
  const id = await plan('snapshotVM', args)
  for (const words of [[], ['list']]) {
    const { code, stdout } = await approvals(words)
    t.equal(code, 0)
    t.match(stdout, new RegExp(`^${id}  WAITING \\d+:\\d\\d left  change\\n {2}does `))
    t.match(stdout, /\n {2}asked by {1}operator at \d\d:\d\d:\d\d UTC, with snapshotVM\n/)
    t.match(stdout, /\n {2}request {2}POST \/rest\/v1\/VirDomainSnapshot\n/)
    t.match(stdout, /`scale-bridge approvals approve ID`/)
  }
  t.match(JSON.parse((await approvals(['list', '--json'])).stdout), { waiting: 1, plans: [{ id }] })
  t.match((await approvals(['show', id])).stdout, /"label": "x"/)
  t.match(JSON.parse((await approvals(['show', id, '--json'])).stdout), { id, state: 'WAITING' })
  t.match(await approvals(['approve', id]), {
    code: 0,
    stdout: /"label": "x"[^]*Approved by alice: the requester may carry it out, once\.\n$/
  })
  t.equal((await bridge.call('snapshotVM', { ...args, plan: id })).status, 200)

  const other = await plan('snapshotVM', { vmUUID, label: 'y' })
  t.match(await approvals(['deny', other, '--reason', 'not today']), {
    code: 0,
    stdout: new RegExp(`^${other}  DENIED by alice  change`)
  })
  t.equal((await bridge.app.plans.get(other))?.reason, 'not today')
  t.match((await approvals([])).stdout, /Nothing waits[^]*Decided\n.*DENIED by alice[^]*USED/)
  t.notMatch((await approvals([])).screen, alice.token)
})

t.test('at a terminal it asks before it approves', async (t) => {
  const { bridge, plan, approvals, cwd, env } = await start(t)
  const off = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'SHUTOFF'
  )
  const id = await plan('deleteVM', { vmUUID: off?.uuid })
  const no = startCli(t, ['approvals', 'approve', id], { cwd, env, terminal: 80 })
  await no.printed(/This cannot be undone\. Approve it\?.*\[y\/N\]/)
  no.type('\n')
  t.equal(await no.exit, 1)
  t.match(no.stderr, /Not approved/)
  t.equal((await bridge.app.plans.get(id))?.state, 'WAITING')
  const yes = startCli(t, ['approvals', 'approve', id], { cwd, env, terminal: 80 })
  await yes.printed(/Approve it\?/)
  yes.type('y\n')
  t.equal(await yes.exit, 0)
  t.equal((await bridge.app.plans.get(id))?.state, 'APPROVED')
  const second = await plan('snapshotVM', { vmUUID: off?.uuid, label: 'x' })
  t.match(await approvals(['approve', second, '--yes'], { terminal: 80 }), { code: 0 })
})

t.test('it watches until it is interrupted', async (t) => {
  const { bridge, alice, plan, cwd, env, vmUUID } = await start(t)
  const old = await plan('snapshotVM', { vmUUID, label: 'old' })
  await bridge.app.plans.deny(old, alice.principal)
  const watching = startCli(t, ['approvals', '--watch'], { cwd, env })
  await watching.printed(/Nothing waits for approval/)
  const id = await plan('snapshotVM', { vmUUID, label: 'x' })
  await watching.printed(new RegExp(`${id}  WAITING`))
  await bridge.app.plans.approve(id, alice.principal)
  await watching.printed(new RegExp(`${id}  APPROVED by alice`))
  t.notMatch(watching.stdout, old, 'what was before is not shown')
  await bridge.close()
  await watching.printed(/Warning: No bridge responds at/)
  watching.interrupt()
  t.equal(await watching.exit, 0)
})

t.test('names of others do nothing to a terminal', async (t) => {
  const { bridge, plan, approvals } = await start(t)
  const off = [...bridge.simulator.world.state.virDomains.values()].filter(
    ({ state }) => state === 'SHUTOFF'
  )
  for (const [i, vm] of off.entries()) {
    vm.name = hostileNames[i + 3] ?? 'w\u0435b-01'
    vm.tags = 'a\u001b[2J,b\u202e'
    await plan('deleteVM', { vmUUID: vm.uuid })
  }
  const { stdout } = await approvals([], { terminal: 100 })
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  t.notMatch(stdout.replaceAll(/\u001b\[\d+m/g, ''), /[\u0000-\u0009\u000b-\u001f\u202e\u200b]/)
})

t.test('what is wrong is said', async (t) => {
  const { bridge, alice, viewer, plan, approvals, cwd, vmUUID } = await start(t)
  const id = await plan('snapshotVM', { vmUUID, label: 'x' })
  const port = await freePort()
  const table: [string[], Record<string, string>, number, RegExp][] = [
    [['approve', 'p-nobody22'], {}, 1, /no plan "p-nobody22"/],
    [
      ['approve', id, '--token', viewer.token],
      {},
      1,
      /Deciding on plans requires the scope approve/
    ],
    [['approve', id, '--token', bridge.token], {}, 1, /another person/],
    [['list', '--token', 'wrong-token-0123456789'], {}, 1, /does not know this token/],
    [['list', '--token', 'two words'], {}, 2, /without spaces/],
    [['list', '--url', `http://127.0.0.1:${port}`], {}, 1, /No bridge responds.*--url/],
    [['list', '--url', 'ftp://x'], {}, 2, /--url must be an http/],
    [['list'], { BRIDGE_URL: 'x' }, 2, /BRIDGE_URL must be an http/],
    [['list', '--url', bridge.simulator.urls[0] ?? ''], {}, 1, /No bridge responds/],
    [['list'], { BRIDGE_TOKEN: '' }, 2, /No token: .*BRIDGE_TOKEN/],
    [['approve'], {}, 2, /missing required argument 'id'/],
    [['aprove', id], {}, 2, /unknown command 'aprove'\n\(Did you mean approve\?\)/]
  ]
  for (const [args, more, code, message] of table) {
    const env = {
      BRIDGE_TOKEN: alice.token,
      BRIDGE_URL: bridge.url,
      ...more
    }
    const found = await runCli(t, ['approvals', ...args], { cwd, env })
    t.equal(found.code, code, args.join(' '))
    t.match(found.stderr, message, args.join(' '))
  }
  t.equal((await bridge.app.plans.get(id))?.state, 'WAITING')
  const fromSettings = await approvals(['list'], {
    env: {
      MCP_BEARER_TOKEN: bridge.token,
      PORT: new URL(bridge.url).port
    }
  })
  t.match(fromSettings, { code: 0, stdout: new RegExp(id) }, 'address and token of the settings')
})
