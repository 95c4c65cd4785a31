import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { startTestBridge, type TestBridge, type TestBridgeOptions } from './helper/bridge.ts'
import { freePort } from './helper/ports.ts'
import { type Ended, missingPrograms, run } from './helper/shell.ts'

const skip = missingPrograms('sh', 'curl', 'awk')

const scriptPath = (name: string): string => join(packageRoot, 'examples', name)

/** A bridge with a simulated cluster, and the scripts of examples/ to be run against it. */
interface Scripts extends Pick<TestBridge, 'url' | 'token' | 'simulator'> {
  script: (name: string, args?: string[], env?: Record<string, string>) => Promise<Ended>
  call: TestBridge['call']
  /** uuid of a VM. */
  vm: (name: string) => string
  /** Labels of the snapshots of a VM. */
  labels: (vmName: string) => string[]
  vmNames: () => string[]
}

async function start(t: Test, options: TestBridgeOptions = {}): Promise<Scripts> {
  const bridge = await startTestBridge(t, options)
  const { url, token, simulator } = bridge
  const { state } = simulator.world
  return {
    url,
    token,
    simulator,
    script: (name, args = [], env = {}) =>
      run(scriptPath(name), args, { env: { BRIDGE_URL: url, MCP_BEARER_TOKEN: token, ...env } }),
    call: (tool, body) => bridge.call(tool, body),
    vm: (name) => bridge.vm(name),
    labels: (vmName) =>
      [...state.snapshots.values()]
        .filter(({ domainUUID }) => domainUUID === bridge.vm(vmName))
        .map(({ label }) => label),
    vmNames: () => [...state.virDomains.values()].map(({ name }) => name)
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/

/** Today, as `date` of the scripts' time zone says it. */
const today = new Date().toLocaleDateString('sv-SE')

t.test('every script explains itself and checks what it is given', { skip }, async (t) => {
  const { script, token, url } = await start(t)
  const names = readdirSync(join(packageRoot, 'examples')).filter(
    (name) => name.endsWith('.sh') && name !== 'lib.sh'
  )
  t.equal(names.length, 4)
  for (const name of names) {
    const help = await run(scriptPath(name), ['--help'])
    t.match(help, { exitCode: 0, stderr: '' }, `${name} --help needs no settings`)
    t.match(help.stdout, new RegExp(`Usage: ${name}`))
    t.match(help.stdout, /Exit code: 0/)
    t.notMatch(help.stdout, /set -eu|^#/m, 'the help is text, not source')

    const args = { 'morning-check.sh': [], 'clone-and-start.sh': ['web-01', 'x'] }[name] ?? [
      'web-01'
    ]
    const bare = await run(scriptPath(name), args, { env: { BRIDGE_URL: url } })
    t.match(bare, { exitCode: 2, stdout: '', stderr: /MCP_BEARER_TOKEN is not set/ })
    const wrong = await script(name, args, { MCP_BEARER_TOKEN: 'an "other\\ token' })
    t.match(wrong, { exitCode: 2, stdout: '', stderr: /refuses the token/ })
    const port = await freePort()
    const away = await script(name, args, { BRIDGE_URL: `http://127.0.0.1:${port}` })
    t.match(away, { exitCode: 1, stdout: '', stderr: /does not respond/ })
    t.match(await script(name, args, { BRIDGE_URL: 'bridge' }), {
      exitCode: 2,
      stderr: /BRIDGE_URL/
    })
    t.match(await script(name, ['--what']), { exitCode: 2, stderr: /unknown.*--help explains/ })
    for (const { stdout, stderr } of [bare, wrong, away])
      t.notOk(`${stdout}${stderr}`.includes(token), 'the token is not repeated')
  }
})

t.test('morning-check lists what needs attention', { skip }, async (t) => {
  const { script, simulator } = await start(t)
  const { state } = simulator.world
  const first = await script('morning-check.sh')
  t.equal(first.stderr, '')
  t.equal(first.exitCode, 1)
  t.match(first.stdout, /^Cluster edge-lab, HyperCore 9\.4\.30\.217736, \d{4}-\d\d-\d\d/)
  t.match(first.stdout, /^ok {7}nodes$/m)
  t.match(first.stdout, /^CHECK {4}conditions: ERROR, A virtual machine has crashed/m)
  t.match(first.stdout, /^CHECK {4}VMs CRASHED: test-web-02/m)
  t.match(first.stdout, /^CHECK {4}failed tasks: Delete block device/m)
  const findings = first.stdout.match(/^CHECK/gm)?.length
  t.match(first.stdout, new RegExp(`^${findings} to check$`, 'm'))

  const [drive] = state.drives.values()
  if (drive !== undefined) drive.isHealthy = false
  const [node] = state.nodes.values()
  if (node !== undefined) node.allowRunningVMs = false
  const second = await script('morning-check.sh', ['--quiet'])
  t.equal(second.exitCode, 1)
  t.match(second.stdout, /^CHECK {4}drives: slot \d, serial number/m)
  t.match(second.stdout, new RegExp(`^CHECK {4}nodes: node ${node?.lanIP} cannot run VMs`, 'm'))
  t.notMatch(second.stdout, /^ok|^Cluster|to check|\n\n/m, 'quiet prints findings only')

  await t.test('a cluster without findings', async (t) => {
    if (drive !== undefined) drive.isHealthy = true
    if (node !== undefined) node.allowRunningVMs = true
    for (const condition of state.conditions.values()) condition.value = false
    for (const vm of state.virDomains.values())
      if (vm.state === 'CRASHED' || vm.state === 'PAUSED') {
        vm.state = 'SHUTOFF'
        vm.desiredDisposition = 'SHUTOFF'
      }
    for (const task of simulator.world.tasks.list())
      if (task.state === 'ERROR') task.state = 'COMPLETE'
    t.match(await script('morning-check.sh'), { exitCode: 0, stdout: /All is well\n$/, stderr: '' })
    t.strictSame(await script('morning-check.sh', ['--quiet']), {
      exitCode: 0,
      stdout: '',
      stderr: ''
    })
  })

  await t.test('a cluster that cannot be looked at is not well', async (t) => {
    simulator.faults.add({ kind: 'html-502', path: '/Drive' })
    const { exitCode, stderr } = await script('morning-check.sh')
    t.equal(exitCode, 1)
    t.match(stderr, /^morning-check\.sh: The cluster node/)
  })
})

t.test('snapshot-before-change takes one snapshot for a day and reason', { skip }, async (t) => {
  const { script, simulator, labels, vm } = await start(t)
  const first = await script('snapshot-before-change.sh', ['APP-01'])
  t.match(first, { exitCode: 0, stdout: uuid })
  t.same(labels('app-01'), [`${today} before change`])
  t.equal(simulator.world.state.snapshots.get(first.stdout.trim())?.domainUUID, vm('app-01'))

  const second = await script('snapshot-before-change.sh', [vm('app-01')])
  t.match(second, { exitCode: 0, stdout: first.stdout, stderr: /already/ }, 'the same one')
  t.equal(labels('app-01').length, 1)
  const again = await script('snapshot-before-change.sh', ['--again', 'app-01'])
  t.match(again, { exitCode: 0, stdout: uuid })
  t.equal(labels('app-01').length, 2)

  const reason = String.raw`update "Müller" \o/ 'x' & $HOME`
  t.equal((await script('snapshot-before-change.sh', ['app-02', reason])).exitCode, 0)
  t.equal((await script('snapshot-before-change.sh', ['app-02', reason])).exitCode, 0)
  t.same(labels('app-02'), [`${today} ${reason}`], 'every sign arrives, and is found again')
})

t.test('snapshot-before-change when something is wrong', { skip }, async (t) => {
  const { script, simulator, labels, call, vm } = await start(t)
  const misspelt = await script('snapshot-before-change.sh', ['web-0'])
  t.match(misspelt, {
    exitCode: 2,
    stdout: '',
    stderr: /No VM is called web-0; .*web-01.*web-02/
  })
  t.match(await script('snapshot-before-change.sh', ['nowhere']), { exitCode: 2 })
  t.match(await script('snapshot-before-change.sh', ['a', 'b', 'c']), { exitCode: 2 })
  t.match(await script('snapshot-before-change.sh', ['app-01', 'two\nlines']), { exitCode: 2 })
  await call('cloneVM', { vmUUID: vm('web-01'), name: 'web-02' })
  const twice = await script('snapshot-before-change.sh', ['web-02'])
  t.match(twice, { exitCode: 2, stderr: /Several VMs are called "?web-02"?; pass the uuid/ })

  simulator.faults.add({ kind: 'fail-task', method: 'POST', path: '/VirDomainSnapshot', times: 1 })
  const failed = await script('snapshot-before-change.sh', ['app-01'])
  t.match(failed, { exitCode: 1, stdout: '', stderr: /Snapshot of app-01: .*failed/ })
  t.same(labels('app-01'), [])

  await t.test('an answer that is lost', async (t) => {
    const fault = { kind: 'reset-after', method: 'POST', path: '/VirDomainSnapshot' } as const
    simulator.faults.add({ ...fault, times: 1 })
    const lost = await script('snapshot-before-change.sh', ['app-01'])
    t.match(lost, { exitCode: 3, stdout: '', stderr: /Outcome unknown.*Run this script again/ })
    await sleep(200)
    const again = await script('snapshot-before-change.sh', ['app-01'])
    t.match(again, { exitCode: 0, stdout: uuid })
    t.equal(labels('app-01').length, 1, 'still one snapshot')
  })
})

t.test('clone-and-start makes one running copy', { skip }, async (t) => {
  const { script, simulator, vmNames, vm } = await start(t)
  const domains = simulator.world.state.virDomains
  const first = await script('clone-and-start.sh', ['web-01', 'web-01-try'])
  t.match(first, { exitCode: 0, stdout: uuid, stderr: /web-01-try is running/ })
  t.match(domains.get(first.stdout.trim()), { name: 'web-01-try', state: 'RUNNING' })

  const second = await script('clone-and-start.sh', ['web-01', 'WEB-01-try'])
  t.match(second, { exitCode: 2, stdout: '', stderr: /There is a VM called WEB-01-try already/ })
  const resumed = await script('clone-and-start.sh', ['--resume', 'web-01', 'web-01-try'])
  t.match(resumed, { exitCode: 0, stdout: first.stdout })
  t.equal(vmNames().filter((name) => name === 'web-01-try').length, 1)
  const itself = await script('clone-and-start.sh', ['--resume', 'web-01', 'web-01'])
  t.match(itself, { exitCode: 2, stderr: /not a copy/ })

  const snapshot = (await script('snapshot-before-change.sh', ['app-01'])).stdout.trim()
  const old = await script('clone-and-start.sh', ['--snapshot', snapshot, 'app-01', 'app-01-old'])
  t.match(old, { exitCode: 0, stdout: uuid })
  const other = await script('clone-and-start.sh', ['--snapshot', snapshot, 'web-01', 'never'])
  t.match(other, { exitCode: 1, stderr: /is a snapshot of VM "app-01"/ })
  t.notOk(vmNames().includes('never'))

  await t.test('a response that is lost, and a run that resumes', async (t) => {
    const path = `/VirDomain/${vm('file-01')}/clone`
    simulator.faults.add({ kind: 'reset-after', method: 'POST', path, times: 1 })
    const lost = await script('clone-and-start.sh', ['file-01', 'file-01-try'])
    t.match(lost, { exitCode: 3, stdout: '', stderr: /run this again with --resume if it does/ })
    while (!vmNames().includes('file-01-try')) await sleep(20)
    const resumed = await script('clone-and-start.sh', ['--resume', 'file-01', 'file-01-try'])
    t.match(resumed, { exitCode: 0, stdout: uuid })
    t.equal(domains.get(resumed.stdout.trim())?.state, 'RUNNING')
    t.equal(vmNames().filter((name) => name === 'file-01-try').length, 1)
  })
})

/** A bridge whose tool `tool` answers `state` instead of COMPLETE, and that cannot wait for a task. */
async function startEndless(t: Test, url: string, tool: string, state: string): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const { authorization = '', accept = '' } = request.headers
      const answer = await fetch(url + request.url, {
        method: 'POST',
        headers: { authorization, accept, 'content-type': 'application/json' },
        body
      })
      const said = await answer.text()
      response.statusCode = request.url === '/waitTask' ? 502 : answer.status
      response.end(
        request.url === `/${tool}` ? said.replace('state: COMPLETE', `state: ${state}`) : said
      )
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a task whose end cannot be seen is not a failure', { skip }, async (t) => {
  const { script, url, vmNames } = await start(t)
  for (const [name, args, tool, how] of [
    ['clone-and-start.sh', ['web-01', 'one'], 'cloneVM', /run this again with --resume if it does/],
    ['clone-and-start.sh', ['web-01', 'two'], 'changeVM_state', /Run this again with --resume/],
    ['snapshot-before-change.sh', ['app-01'], 'snapshotVM', /Run this script again/],
    ['export.sh', ['web-01'], 'exportVM', /Look at the tasks/]
  ] as const)
    for (const state of tool === 'cloneVM' ? ['UNKNOWN', 'SOMETHING'] : ['UNKNOWN']) {
      const env = { BRIDGE_URL: await startEndless(t, url, tool, state) }
      const last = args.map((arg) => (arg === 'one' ? `one-${state}` : arg))
      const ended = await script(name, last, env)
      t.match(ended, { exitCode: 3, stdout: '', stderr: /outcome unknown/ }, `${tool} ${state}`)
      t.match(ended.stderr, how)
    }
  const resumed = await script('clone-and-start.sh', ['--resume', 'web-01', 'one-UNKNOWN'])
  t.match(resumed, { exitCode: 0, stdout: uuid })
  t.equal(vmNames().filter((name) => name === 'one-UNKNOWN').length, 1)

  const env = { BRIDGE_URL: await startEndless(t, url, 'cloneVM', 'RUNNING') }
  const unseen = await script('clone-and-start.sh', ['web-01', 'three'], env)
  t.equal(unseen.exitCode, 3, unseen.stderr)
  t.match(unseen.stderr, /--resume/)
})

t.test('export writes each VM to a folder of its own', { skip }, async (t) => {
  const { script, simulator, vm } = await start(t)
  const exports = (): number =>
    simulator.requests.filter(({ path }) => path.endsWith('/export')).length
  const both = await script('export.sh', ['web-01', vm('web-02')])
  t.equal(both.exitCode, 0, both.stderr)
  t.match(both.stdout, /^web-01\tsmb:\/\/archive\.example\/exports\/web-01-\S+\n/)
  t.match(both.stdout, /\nweb-02\tsmb:\/\/\S+\/web-02-\S+\n$/)
  t.equal(exports(), 2)

  const misspelt = await script('export.sh', ['web-01', 'web-x'])
  t.match(misspelt, { exitCode: 2, stdout: '', stderr: /No VM is called web-x/ })
  t.equal(exports(), 2, 'nothing was exported')

  const path = `/VirDomain/${vm('web-01')}/export`
  simulator.faults.add({ kind: 'fail-task', path, message: 'No space left', times: 1 })
  const one = await script('export.sh', ['web-01', 'web-02'])
  t.match(one, { exitCode: 1, stdout: /^web-02\t/, stderr: /Export of web-01: .*No space left/ })
  t.equal(exports(), 4, 'the failure of one does not stop the other')

  simulator.faults.add({ kind: 'reset-after', path, times: 1 })
  const lost = await script('export.sh', ['web-01'])
  t.match(lost, { exitCode: 3, stdout: '', stderr: /Look at the tasks/ })
  t.equal(exports(), 5)
})

t.test('export waits for an export that is running already', { skip }, async (t) => {
  const { script, simulator, vm, call } = await start(t, { simulator: { speed: 10 } })
  const { body } = await call('exportVM', { vmUUID: vm('web-01'), wait: 0 })
  const { exitCode, stdout, stderr } = await script('export.sh', ['web-01'])
  t.match({ exitCode, stdout }, { exitCode: 0, stdout: '' }, stderr)
  t.match(stderr, new RegExp(`is being exported already \\(task ${body.taskTag}\\)`))
  t.equal(simulator.requests.filter(({ path }) => path.endsWith('/export')).length, 1)
  const task = await call('taskTagStatusFilter', { taskTag: body.taskTag })
  t.equal(task.body.state, 'COMPLETE')
})

t.test(
  'the token is in no process list',
  { skip: skip || (process.platform !== 'linux' && 'needs /proc') },
  async (t) => {
    const { url, token, simulator } = await start(t)
    simulator.faults.add({ kind: 'slow', ms: 100 })
    const child = spawn(scriptPath('morning-check.sh'), {
      env: { PATH: process.env['PATH'], BRIDGE_URL: url, MCP_BEARER_TOKEN: token },
      stdio: 'ignore'
    })
    const commands = new Set<string>()
    while (child.exitCode === null) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
        try {
          commands.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
        } catch {
          // The process has ended meanwhile.
        }
      await sleep(5)
    }
    const seen = [...commands]
    t.ok(
      seen.some((command) => command.startsWith('curl') && command.includes(url)),
      'curl was seen'
    )
    t.notOk(
      seen.some((command) => command.includes(token)),
      'the token was not'
    )
  }
)
