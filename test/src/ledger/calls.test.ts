import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { canonicalJson } from '../../../src/lib/json/canonical-json.ts'
import { currentCall } from '../../../src/ledger/call-scope.ts'
import { BridgeError } from '../../../src/lib/errors/errors.ts'
import { openLedger } from './helper.ts'

const vm = '4c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a31'
const clone = '5c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a32'
const { signal } = new AbortController()
const once = { again: false, idempotent: false, signal }
const request = {
  tool: 'cloneVM',
  caller: 'one',
  args: { vmUUID: vm, name: 'copy' },
  targets: [vm]
}

t.test('equal values are equal texts', async (t) => {
  t.equal(canonicalJson({ b: [1, { d: 1, c: undefined }], a: 'x' }), '{"a":"x","b":[1,{"d":1}]}')
  t.equal(canonicalJson({ a: null }), '{"a":null}')
})

const stumble = async (): Promise<never> => {
  throw new BridgeError('NOT_FOUND', 'no such VM')
}

/** Work that sends one write and ends as a task would. */
function writing(
  { ledger }: ReturnType<typeof openLedger>,
  state: 'COMPLETE' | 'ERROR' = 'COMPLETE'
) {
  let sent = 0
  const work = async (): Promise<{ taskTag: string; n: number }> => {
    sent += 1
    const taskTag = String(100 + sent)
    const write = await ledger.begin({ method: 'POST', path: `/VirDomain/${vm}/clone`, body: {} })
    await write.accepted({ taskTag, createdUUID: clone })
    await ledger.taskEnded({ taskTag, state, message: '' })
    return { taskTag, n: sent }
  }
  return { work, sent: () => sent }
}

/** Another call, which changes a VM. */
async function change(
  { calls, ledger }: ReturnType<typeof openLedger>,
  method: 'PATCH' | 'DELETE',
  uuid: string
): Promise<void> {
  const tool = method === 'PATCH' ? 'updateVM' : 'deleteVM'
  await calls.run({ tool, caller: 'one', args: { uuid }, targets: [uuid] }, once, async () => {
    const write = await ledger.begin({ method, path: `/VirDomain/${uuid}` })
    await write.accepted({ taskTag: '', createdUUID: '' })
  })
}

t.test('the same call twice at once acts once', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  const results = await Promise.all([
    opened.calls.run(request, once, work),
    opened.calls.run({ ...request, args: { name: 'copy', vmUUID: vm } }, once, work)
  ])
  t.equal(sent(), 1)
  t.same(
    results.map(({ kind }) => kind),
    ['ran', 'joined']
  )
})

t.test('the same call soon after reports the first, unless it insists', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  await opened.calls.run(request, once, work)
  opened.clock.now += 8_000
  const second = await opened.calls.run(request, once, work)
  t.match(second, {
    kind: 'repeated',
    earlier: {
      agoMs: 8_000,
      call: { tool: 'cloneVM', state: 'DONE', response: { taskTag: '101' } },
      writes: [{ state: 'COMPLETE', createdUUID: clone, taskTag: '101' }]
    }
  })
  t.equal((await opened.calls.run(request, { ...once, again: true }, work)).kind, 'ran')
  t.equal(sent(), 2)
  opened.clock.now += 11 * 60_000
  t.equal((await opened.calls.run(request, once, work)).kind, 'ran', 'ten minutes later')
})

t.test('other arguments are another call', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  await opened.calls.run(request, once, work)
  await opened.calls.run({ ...request, args: { vmUUID: vm, name: 'other' } }, once, work)
  await opened.calls.run({ ...request, tool: 'exportVM' }, once, work)
  t.equal(sent(), 3)
})

t.test('what failed is tried again', async (t) => {
  const failed = openLedger(t)
  const { work, sent } = writing(failed, 'ERROR')
  await failed.calls.run(request, once, work)
  t.equal((await failed.calls.run(request, once, work)).kind, 'ran', 'its task ended in ERROR')
  t.equal(sent(), 2)

  const refused = openLedger(t)
  const refuse = async (): Promise<never> => {
    const write = await refused.ledger.begin({ method: 'POST', path: '/VirDomain' })
    await write.ended('REFUSED', 'the cluster refused it')
    throw new BridgeError('CLUSTER_REFUSED', 'the cluster refused it')
  }
  await t.rejects(refused.calls.run(request, once, refuse), { code: 'CLUSTER_REFUSED' })
  await t.rejects(refused.calls.run(request, once, refuse), { code: 'CLUSTER_REFUSED' })
  t.equal((await refused.ledger.writes()).length, 2)

  const early = openLedger(t)
  await t.rejects(early.calls.run(request, once, stumble), { code: 'NOT_FOUND' })
  t.equal((await early.store.all('calls')).size, 0, 'nothing is kept of it')
})

t.test('what may have been carried out is not sent again', async (t) => {
  const opened = openLedger(t)
  const lose = async (): Promise<never> => {
    const write = await opened.ledger.begin({ method: 'POST', path: `/VirDomain/${vm}/clone` })
    await write.ended('UNKNOWN', 'the reply was lost')
    throw new BridgeError('OUTCOME_UNKNOWN', 'the reply was lost')
  }
  await t.rejects(opened.calls.run(request, once, lose), { code: 'OUTCOME_UNKNOWN' })
  t.match(await opened.calls.run(request, once, lose), {
    kind: 'repeated',
    earlier: { call: { error: { code: 'OUTCOME_UNKNOWN' } }, writes: [{ state: 'UNKNOWN' }] }
  })
})

t.test('after another write to what it acts on, it is a new call', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  await opened.calls.run(request, once, work)
  opened.clock.now += 1_000
  await change(opened, 'PATCH', vm)
  await opened.calls.run(request, once, work)
  t.equal(sent(), 2)
  opened.clock.now += 1_000
  // What it created counts, too: deleted, it can be created again.
  await change(opened, 'DELETE', clone)
  await opened.calls.run(request, once, work)
  t.equal(sent(), 3)
})

t.test(
  'a call that came in before that write is the same call, however long it took',
  async (t) => {
    const opened = openLedger(t)
    const { work, sent } = writing(opened)
    const twin = { ...request, askedAt: opened.clock.now }
    await opened.calls.run(twin, once, work)
    opened.clock.now += 1_000
    await change(opened, 'PATCH', vm)
    const late = await opened.calls.run(twin, once, work)
    t.match(late, { kind: 'repeated', earlier: { call: { tool: 'cloneVM' } } })
    t.equal(sent(), 1)
    await opened.calls.run({ ...twin, askedAt: opened.clock.now }, once, work)
    t.equal(sent(), 2, 'one that came in after it is a new one')
  }
)

t.test('a copy of what it acts on leaves it the same call', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  await opened.calls.run(request, once, work)
  const copies = [
    { path: `/VirDomain/${vm}/clone`, body: {} },
    { path: `/VirDomain/${vm}/export`, body: {} },
    { path: '/VirDomainSnapshot', body: { domainUUID: vm } }
  ]
  for (const [index, copy] of copies.entries()) {
    opened.clock.now += 1_000
    const other = { tool: 'run_api', caller: 'one', args: { index }, targets: [vm] }
    await opened.calls.run(other, once, async () => {
      const write = await opened.ledger.begin({ method: 'POST', ...copy })
      await write.accepted({ taskTag: `${200 + index}`, createdUUID: '' })
    })
  }
  t.equal((await opened.calls.run(request, once, work)).kind, 'repeated')
  t.equal(sent(), 1)
  opened.clock.now += 1_000
  await opened.calls.run(
    { tool: 'run_api', caller: 'one', args: {}, targets: [] },
    once,
    async () => {
      const disk = { path: '/VirDomainBlockDevice', body: { virDomainUUID: vm } }
      const write = await opened.ledger.begin({ method: 'POST', ...disk })
      await write.accepted({ taskTag: '210', createdUUID: '' })
    }
  )
  t.equal((await opened.calls.run(request, once, work)).kind, 'ran', 'a new disk is a change')
})

t.test('a key of the caller stands for one call, whatever came between', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  const keyed = { ...request, idempotencyKey: 'order-1' }
  await opened.calls.run(keyed, once, work)
  opened.clock.now += 1_000
  await opened.calls.run(
    { tool: 'updateVM', caller: 'one', args: {}, targets: [vm] },
    once,
    async () => {
      const write = await opened.ledger.begin({ method: 'PATCH', path: `/VirDomain/${vm}` })
      await write.accepted({ taskTag: '', createdUUID: '' })
    }
  )
  for (const idempotent of [false, true])
    t.equal((await opened.calls.run(keyed, { ...once, idempotent }, work)).kind, 'repeated')
  t.equal(sent(), 1)
  t.equal((await opened.calls.run(keyed, { ...once, again: true }, work)).kind, 'ran')
})

t.test('a call that comes to the same may run again once it has ended', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  const idempotent = { ...once, idempotent: true }
  await opened.calls.run(request, idempotent, work)
  await opened.calls.run(request, idempotent, work)
  t.equal(sent(), 2)
})

t.test('a key of the caller decides instead of the arguments', async (t) => {
  const opened = openLedger(t)
  const { work, sent } = writing(opened)
  const keyed = { ...request, idempotencyKey: 'order-1' }
  await opened.calls.run(keyed, once, work)
  t.equal((await opened.calls.run(keyed, once, work)).kind, 'repeated')
  t.equal((await opened.calls.run({ ...keyed, idempotencyKey: 'order-2' }, once, work)).kind, 'ran')
  await t.rejects(opened.calls.run({ ...keyed, args: { vmUUID: clone } }, once, work), {
    code: 'INVALID_ARGUMENT',
    message: /other arguments/
  })
  t.equal(sent(), 2)
})

t.test(
  'a call that another process has left is not made again where it may have acted',
  async (t) => {
    const opened = openLedger(t)
    const { store, ledger, calls } = opened
    const { work, sent } = writing(opened)
    await calls.run(request, once, work)
    // As a process leaves it that is killed.
    const [[key, { version, value }]] = [...(await store.all('calls'))] as [
      [string, { version: number; value: Record<string, unknown> }]
    ]
    const gone = { ...(value['owner'] as object), pid: 2 ** 22 + 1, nonce: 'gone' }
    const running = { ...value, state: 'RUNNING', endedAt: 0 }
    const elsewhere = { ...gone, host: 'another' }
    await store.swap('calls', key, version, { ...running, owner: elsewhere })
    t.match(await calls.run(request, once, work), {
      kind: 'repeated',
      earlier: { isInProgress: true }
    })
    await store.swap('calls', key, version + 1, { ...running, owner: gone })
    t.match(await calls.run(request, once, work), {
      kind: 'repeated',
      earlier: { isInProgress: false }
    })
    for (const write of await ledger.writes()) {
      const present = await store.get('writes', write.id)
      await store.swap('writes', write.id, present?.version ?? 0, undefined)
    }
    t.equal((await calls.run(request, once, work)).kind, 'ran', 'nothing of it had left')
    t.equal(sent(), 2)
  }
)

t.test('a ledger that cannot be written sends nothing', async (t) => {
  const path = t.testdir({ file: 'no folder' })
  const { calls, ledger } = openLedger(t, `${path}/file`)
  let ran = false
  await t.rejects(
    calls.run(request, once, async () => void (ran = true)),
    { code: 'LEDGER_UNAVAILABLE', statusCode: 503 }
  )
  t.notOk(ran)
  await t.rejects(ledger.begin({ method: 'POST', path: '/VirDomain' }), {
    code: 'LEDGER_UNAVAILABLE'
  })
})

t.test('what runs knows its call', async (t) => {
  const { calls } = openLedger(t)
  t.equal(currentCall(), undefined)
  await calls.run(request, once, async () => {
    await setImmediate()
    t.match(currentCall(), { tool: 'cloneVM', targets: [vm], hasSent: false })
  })
})

t.test('a caller that leaves ends what was not sent, and nothing else', async (t) => {
  const { calls, ledger } = openLedger(t)
  const leaving = new AbortController()
  const waiting = calls.run(request, { ...once, signal: leaving.signal }, async (work) => {
    leaving.abort()
    await setImmediate()
    t.ok(work.aborted, 'nothing was sent, and nobody waits')
    throw new BridgeError('CALLER_GONE', 'gone')
  })
  await t.rejects(waiting, { code: 'CALLER_GONE' })

  const [first, second] = [new AbortController(), new AbortController()]
  const state = { finished: false }
  const work = async (signal: AbortSignal): Promise<string> => {
    first.abort()
    await setImmediate()
    t.notOk(signal.aborted, 'another one waits for it')
    await ledger.begin({ method: 'POST', path: '/VirDomain' })
    second.abort()
    await setImmediate()
    t.notOk(signal.aborted, 'it was sent')
    state.finished = true
    return 'done'
  }
  const both = [first, second].map(({ signal }) => calls.run(request, { ...once, signal }, work))
  for (const each of both) await t.rejects(each, { code: 'CALLER_GONE' })
  while (!state.finished) await setImmediate()
  t.equal((await ledger.writes()).length, 1)
})
