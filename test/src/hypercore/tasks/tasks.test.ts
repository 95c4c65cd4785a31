import t from 'tap'
import type { TaskTagStatus } from '../../../../src/hypercore/records/records.ts'
import { forgottenOutcome, toOutcome } from '../../../../src/hypercore/tasks/task-outcome.ts'
import {
  formatTemplate,
  isFinished,
  type TaskOutcome,
  Tasks
} from '../../../../src/hypercore/tasks/tasks.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { holdTimers } from '../../../helper/held-timers.ts'
import { json, startOddServer } from '../../../helper/odd-server.ts'
import { simulatorFor, until } from '../../../helper/simulator.ts'

const running: Partial<TaskTagStatus> = {
  taskTag: '7',
  state: 'RUNNING',
  progressPercent: 10,
  formattedDescription: 'Start Virtual Machine %@',
  descriptionParameters: ['web-1'],
  objectUUID: 'vm-1',
  sessionID: 'secret-session-of-another'
}

/** Pauses between looks that are as long as they get, to be held; each is up to a fifth shorter. */
const longestMs = 2000
const isLongest = (ms: number): boolean => ms >= longestMs * 0.8 && ms <= longestMs

/** A cluster whose task answers what `states` says, look by look; the last state stays. */
async function taskServer(
  t: { teardown(handler: () => unknown): void },
  states: (Partial<TaskTagStatus> | 'none' | 'broken' | 'hang')[],
  pauseMs = 5
) {
  let looks = 0
  let cut = 0
  const server = await startOddServer(t, (request, response) => {
    if (request.method !== 'GET') return json(response, 200, { taskTag: '7', createdUUID: 'vm-1' })
    response.on('close', () => (cut += response.writableFinished ? 0 : 1))
    const state = states[Math.min(looks++, states.length - 1)]
    if (state === 'broken') response.writeHead(502, { 'content-type': 'text/html' }).end('<p>')
    else if (state !== 'hang') json(response, 200, state === 'none' ? [] : [state])
  })
  const tasks = { pauseMs, pollMs: 60_000 }
  return { ...clientFor(t, [server.url], { tasks }), server, looks: () => looks, cut: () => cut }
}

t.test('formatTemplate fills the slots in order', async (t) => {
  t.equal(formatTemplate('Delete %@ of %@', ['disk', 'VM']), 'Delete disk of VM')
  t.equal(formatTemplate('%@ and %@', ['one']), 'one and ?')
  t.equal(formatTemplate('%@', ['$& %@ $1']), '$& %@ $1', 'a value is not a template')
  t.equal(formatTemplate('nothing', ['left over']), 'nothing')
})

t.test('a failed task shows its error, slots filled', async (t) => {
  const outcome = toOutcome('204', {
    state: 'ERROR',
    formattedDescription: 'Delete block device %@ for Virtual Machine %@',
    descriptionParameters: ['9dc1c6eb', 'demo-vm'],
    formattedMessage: "Unable to delete block device from VM '%@': Still in use",
    messageParameters: ['demo-vm'],
    created: 1732270000,
    completed: 1732270061
  })
  t.match(outcome, {
    taskTag: '204',
    state: 'ERROR',
    progressPercent: 0,
    message: "Unable to delete block device from VM 'demo-vm': Still in use",
    description: 'Delete block device 9dc1c6eb for Virtual Machine demo-vm',
    created: 1732270000,
    completed: 1732270061
  })
  t.match(toOutcome('1', { ...running, state: 'ERROR' }).message, 'failed without a message')
})

const stateOf = (state: string) => toOutcome('1', { state } as Partial<TaskTagStatus>).state

t.test('states', async (t) => {
  t.equal(stateOf('UNINITIALIZED'), 'ERROR')
  t.equal(stateOf('CANCELLED'), 'UNKNOWN')
  t.match(toOutcome('1', { state: 'CANCELLED' } as never).message, 'CANCELLED')
  for (const state of ['QUEUED', 'RUNNING', 'COMPLETE', 'ERROR']) t.equal(stateOf(state), state)
  const finished = ['QUEUED', 'RUNNING', 'COMPLETE', 'ERROR', 'CANCELLED'].map((state) =>
    isFinished(toOutcome('1', { state } as Partial<TaskTagStatus>))
  )
  t.same(finished, [false, false, true, true, true])
  t.ok(isFinished(forgottenOutcome('1')))
  t.notOk('sessionID' in toOutcome('1', running), 'whose session it was is nobody’s business')
})

t.test('follow: progress, then the end', async (t) => {
  const { client } = await taskServer(t, [
    { ...running, state: 'QUEUED', progressPercent: 0 },
    running,
    running,
    { ...running, state: 'COMPLETE', progressPercent: 100, completed: 5 }
  ])
  const { taskTag } = await client.write('POST', '/VirDomain/action', [])
  const seen: string[] = []
  const outcome = await client.tasks.follow(taskTag, {
    waitMs: 60_000,
    onProgress: ({ state, progressPercent }) => seen.push(`${state} ${progressPercent}`)
  })
  t.match(outcome, { state: 'COMPLETE', message: 'Start Virtual Machine web-1', completed: 5 })
  t.same(seen, ['QUEUED 0', 'RUNNING 10', 'COMPLETE 100'], 'one call for each change')
})

t.test('all followers of a task share one poller', async (t) => {
  const { client, looks } = await taskServer(t, [
    running,
    running,
    { ...running, state: 'COMPLETE', progressPercent: 100 }
  ])
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () => client.tasks.follow('7', { waitMs: 60_000 }))
  )
  t.ok(outcomes.every((outcome) => outcome?.state === 'COMPLETE'))
  t.equal(looks(), 3)
})

t.test('the wait runs out: the last state is the answer', async (t) => {
  const [pauses, waits] = [holdTimers(t, isLongest), holdTimers(t, 7_000_000)]
  const { client, looks } = await taskServer(t, [running], longestMs)
  t.match(await client.tasks.follow('7', { waitMs: 0 }), { state: 'RUNNING' })
  t.equal(looks(), 1, 'no wait is one look')
  t.same(pauses.waiting, [])
  const followed = client.tasks.follow('7', { waitMs: 7_000_000 })
  await until(() => pauses.waiting.length === 1)
  t.equal(waits.release(), 1)
  t.match(await followed, { state: 'RUNNING' })
  t.equal(looks(), 2)
  t.same(pauses.waiting, [], 'nobody follows, nobody looks')
})

t.test('the pauses between looks grow, up to two seconds', async (t) => {
  const pauses = holdTimers(t, (ms) => ms >= 160 && ms <= 2000)
  const { client, looks } = await taskServer(t, [running], 200)
  const leaves = new AbortController()
  const followed = failureOf(client.tasks.follow('7', { waitMs: 60_000, signal: leaves.signal }))
  for (const [look, longest] of [200, 300, 450, 675, 1012.5, 1518.75, 2000, 2000].entries()) {
    await until(() => pauses.waiting.length === 1)
    t.equal(looks(), look + 1)
    const [ms = 0] = pauses.waiting
    t.ok(ms <= longest && ms >= longest * 0.8, `${ms} ms`)
    pauses.release()
  }
  leaves.abort()
  t.equal((await followed).code, 'CALLER_GONE')
})

t.test('a caller that leaves costs nothing further, and does not disturb the others', async (t) => {
  const pauses = holdTimers(t, isLongest)
  const { client, looks } = await taskServer(
    t,
    [running, running, { ...running, state: 'COMPLETE' }],
    longestMs
  )
  const leaves = new AbortController()
  const gone = failureOf(client.tasks.follow('7', { waitMs: 60_000, signal: leaves.signal }))
  const stays = client.tasks.follow('7', { waitMs: 60_000 })
  await until(() => pauses.waiting.length === 1)
  leaves.abort()
  t.equal((await gone).code, 'CALLER_GONE')
  for (let look = 1; look < 3; look++) {
    await until(() => pauses.waiting.length === 1)
    pauses.release()
  }
  t.match(await stays, { state: 'COMPLETE' })
  t.equal(looks(), 3)

  const alone = await taskServer(t, [running], longestMs)
  const controller = new AbortController()
  const { signal } = controller
  const followed = failureOf(alone.client.tasks.follow('7', { waitMs: 60_000, signal }))
  await until(() => pauses.waiting.length === 1)
  controller.abort()
  t.equal((await followed).code, 'CALLER_GONE')
  t.same(pauses.waiting, [], 'nobody looks again')
  t.equal(alone.looks(), 1)
})

t.test('leaving in the middle of a look ends it at the cluster', async (t) => {
  const { client, looks, cut } = await taskServer(t, [running, 'hang'])
  const controller = new AbortController()
  const followed = failureOf(
    client.tasks.follow('7', { waitMs: 60_000, signal: controller.signal })
  )
  await until(() => looks() === 2)
  controller.abort()
  t.equal((await followed).code, 'CALLER_GONE')
  await until(() => cut() > 0)
  t.equal(cut(), 1)
})

t.test('failed looks do not lose the task', async (t) => {
  const { client } = await taskServer(t, [
    running,
    'broken',
    'broken',
    'broken',
    'broken',
    { ...running, state: 'COMPLETE' }
  ])
  t.match(await client.tasks.follow('7', { waitMs: 60_000 }), { state: 'COMPLETE' })
  const [pauses, waits] = [holdTimers(t, isLongest), holdTimers(t, 7_000_000)]
  const dark = await taskServer(t, [running, 'broken'], longestMs)
  const followed = dark.client.tasks.follow('7', { waitMs: 7_000_000 })
  for (const release of [() => pauses.release(), () => waits.release()]) {
    await until(() => pauses.waiting.length === 1)
    release()
  }
  t.match(await followed, { state: 'RUNNING' })
  const darker = await taskServer(t, ['broken'])
  const error = await failureOf(darker.client.tasks.follow('7', { waitMs: 100 }))
  t.equal(error.code, 'CLUSTER_BAD_ANSWER')
})

t.test('a wait ends although the cluster does not say anything', async (t) => {
  const { client, cut } = await taskServer(t, ['hang'])
  const tasks = new Tasks((taskTag, signal) => client.record('/TaskTag', taskTag, { signal }), {
    pollMs: 50
  })
  await client.sessions.renew()
  const error = await failureOf(tasks.follow('7', { waitMs: 20 }))
  t.equal(error.code, 'CLUSTER_TIMEOUT')
  t.match(error.message, /task 7 is; it is still running: ask again/)
  await until(() => cut() === 1)
})

t.test('a refused login ends the following at once', async (t) => {
  const server = await startOddServer(
    t,
    (_request, response) => json(response, 401, { error: 'no' }),
    { answersLogin: true }
  )
  const { client } = clientFor(t, [server.url])
  const error = await failureOf(client.tasks.follow('7', { waitMs: 60_000 }))
  t.equal(error.code, 'CLUSTER_LOGIN_REFUSED')
})

t.test('a forgotten task is finished if it was seen, and unknown if not', async (t) => {
  const { client } = await taskServer(t, ['none'])
  t.equal(await client.tasks.read('7'), undefined)
  t.equal(await client.tasks.follow('7', { waitMs: 60_000 }), undefined)
  await client.write('POST', '/VirDomain/action', [])
  t.match(await client.tasks.read('7'), { taskTag: '7', state: 'UNKNOWN', message: /finished/ })
  t.match(await client.tasks.follow('7', { waitMs: 60_000 }), { state: 'UNKNOWN' })
  t.equal(await client.tasks.read('8'), undefined)
  t.equal(await client.tasks.read('../Cluster'), undefined)
  t.equal(await client.tasks.read(''), undefined)

  const later = await taskServer(t, [running, 'none'])
  t.match(await later.client.tasks.follow('7', { waitMs: 60_000 }), {
    state: 'UNKNOWN',
    description: 'Start Virtual Machine web-1',
    objectUUID: 'vm-1'
  })
})

t.test('a tag is remembered among the ten thousand seen last', async (t) => {
  const { client } = await taskServer(t, ['none'])
  const { tasks } = client
  for (let i = 0; i < 10_001; i++) tasks.saw(String(i))
  t.equal(await tasks.read('0'), undefined)
  t.match(await tasks.read('1'), { state: 'UNKNOWN' })
})

t.test('a progress callback that fails ends its own follower only', async (t) => {
  const { client } = await taskServer(t, [running, { ...running, state: 'COMPLETE' }])
  const mistaken = client.tasks.follow('7', {
    waitMs: 60_000,
    onProgress() {
      throw new TypeError('a mistake')
    }
  })
  const other = client.tasks.follow('7', { waitMs: 60_000 })
  await t.rejects(mistaken, { message: 'a mistake' })
  t.match(await other, { state: 'COMPLETE' })
})

t.test('closing the client sends followers away', async (t) => {
  const { client } = await taskServer(t, [running])
  const seen: TaskOutcome[] = []
  const followed = failureOf(
    client.tasks.follow('7', { waitMs: 60_000, onProgress: (outcome) => seen.push(outcome) })
  )
  await until(() => seen.length > 0)
  await client.close()
  t.equal((await followed).code, 'SHUTTING_DOWN')
})

t.test('tasks of a cluster: complete, failed, forgotten', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 1 })
  const { client } = clientFor(t, simulator.urls)
  const [vm] = [...simulator.world.state.virDomains.values()].filter(
    ({ state }) => state === 'SHUTOFF'
  )
  if (vm === undefined) throw new Error('The inventory has no VM that is off')
  const snapshot = (label: string) =>
    client.write('POST', '/VirDomainSnapshot', { domainUUID: vm.uuid, label })

  const good = await snapshot('good')
  const states: string[] = []
  const done = await client.tasks.follow(good.taskTag, {
    waitMs: 60_000,
    onProgress: ({ state }) => states.push(state)
  })
  t.match(done, { state: 'COMPLETE', progressPercent: 100, message: vm.name })
  t.notMatch(done?.message, '%@')
  t.equal(states.at(-1), 'COMPLETE')

  simulator.faults.add({
    kind: 'fail-task',
    path: '/VirDomainSnapshot',
    message: "Unable to snapshot VM '%@': %@",
    parameters: [vm.name, 'Still in use'],
    times: 1
  })
  const bad = await snapshot('bad')
  const failed = await client.tasks.follow(bad.taskTag, { waitMs: 60_000 })
  t.match(failed, {
    state: 'ERROR',
    message: `Unable to snapshot VM '${vm.name}': Still in use`
  })

  simulator.world.tasks.forget(good.taskTag)
  t.match(await client.tasks.read(good.taskTag), { state: 'UNKNOWN' })
  t.equal(await client.tasks.read('999999'), undefined)
})
