import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Outgoing } from '../../../src/lib/secrets/outgoing.ts'
import { chatMessageOf } from '../../../src/openwebui/chat-message.ts'
import { ChatProgress, type ChatProgressLimits } from '../../../src/openwebui/chat-progress.ts'
import { EventClient } from '../../../src/openwebui/event-post.ts'
import { type OpenWebUiServer, startOpenWebUi } from '../../helper/openwebui-server.ts'
import { until } from '../../helper/simulator.ts'

type Teardown = { teardown(handler: () => unknown): void }

const headersOf = (chat: string, message = 'm-1'): Record<string, string> => ({
  'x-openwebui-chat-id': chat,
  'x-openwebui-message-id': message
})

async function setUp(t: Teardown, limits: Partial<ChatProgressLimits> = {}, path = '') {
  const server = await startOpenWebUi(t)
  const warnings: string[] = []
  const logger = {
    debug() {},
    info() {},
    warn: (fields: object, message: string) => void warnings.push(JSON.stringify(fields) + message)
  }
  const config = { url: server.url + path, apiKey: server.apiKey }
  const chats = new ChatProgress(config, logger, new Outgoing([]), {
    quietMs: 20,
    pauseMs: 60,
    ...limits
  })
  t.teardown(() => chats.close())
  const call = (chat: string) => {
    const report = chats.reporter(headersOf(chat))
    if (report === undefined) throw new Error('Nothing is shown for this chat')
    return {
      tell: (message: string) => report({ percent: 0, message, done: false }),
      end: (message: string) => report({ percent: 100, message, done: true })
    }
  }
  return { server, warnings, chats, call }
}

const shown = ({ events }: OpenWebUiServer): string[] =>
  events.map(({ description, done }) => `${description}${done ? ' (done)' : ''}`)

t.test('a slow call is shown, in order, and ended', async (t) => {
  const { server, warnings, call } = await setUp(t)
  const { tell, end } = call('c-1')
  tell('10 %')
  await until(() => server.events.length === 1)
  tell('20 %')
  tell('30 %')
  await until(() => server.events.length === 2)
  end('is made')
  await until(() => server.events.length === 3)
  t.same(shown(server), ['10 %', '30 %', 'is made (done)'])
  for (const { path, type, authorization } of server.events) {
    t.equal(path, '/api/v1/chats/c-1/messages/m-1/event')
    t.equal(type, 'status')
    t.equal(authorization, `Bearer ${server.apiKey}`)
  }
  const [first, second] = server.events
  t.ok((second?.at ?? 0) - (first?.at ?? 0) > 50, 'not faster than allowed')
  await sleep(150)
  t.equal(server.asked, 3, 'nothing follows the end')
  t.same(warnings, [])
})

t.test('a call that is not slow shows nothing', async (t) => {
  const { server, call } = await setUp(t, { quietMs: 100 })
  const { tell, end } = call('c-1')
  tell('10 %')
  tell('90 %')
  end('is made')
  await sleep(200)
  t.equal(server.asked, 0)
})

t.test('a hundred changes a second are few events, and the last is the last', async (t) => {
  const { server, call } = await setUp(t)
  const { tell, end } = call('c-1')
  for (let i = 0; i < 100; i++) {
    tell(`${i} %`)
    await sleep(3)
  }
  end('is made')
  await until(() => server.events.at(-1)?.done === true)
  t.ok(server.events.length < 12, `${server.events.length} events`)
  t.equal(shown(server).at(-1), 'is made (done)')
  const percents = server.events.slice(0, -1).map(({ description }) => parseInt(description))
  t.same(
    percents,
    percents.toSorted((a, b) => a - b)
  )
})

t.test('several waits in one call each show their end', async (t) => {
  const { server, call } = await setUp(t)
  const { tell, end } = call('c-1')
  for (const what of ['task', 'state']) {
    tell(what)
    await until(() => shown(server).includes(what))
    end(what)
    await until(() => shown(server).includes(`${what} (done)`))
  }
  t.equal(server.events.length, 4)
})

t.test('an address with a path', async (t) => {
  const { server, call } = await setUp(t, {}, '/ui')
  call('c-1').tell('10 %')
  await until(() => server.events.length === 1)
  t.equal(server.events[0]?.path, '/ui/api/v1/chats/c-1/messages/m-1/event')
})

t.test('ids that are none are not used', async (t) => {
  const id = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'
  t.same(chatMessageOf({ chatId: id, messageId: id }), { chatId: id, messageId: id })
  for (const bad of [
    '../../admin',
    '..',
    '.',
    'a/b',
    'a%2fb',
    'a?b',
    'a#b',
    'a b',
    'local:xyz',
    'é',
    '-a',
    'a'.repeat(129),
    ''
  ]) {
    t.equal(chatMessageOf({ chatId: bad, messageId: id }), undefined, bad)
    t.equal(chatMessageOf({ chatId: id, messageId: bad }), undefined, bad)
  }
  t.equal(chatMessageOf({ chatId: id }), undefined)
  t.equal(chatMessageOf({}), undefined)
  const { chats } = await setUp(t)
  t.equal(chats.reporter({}), undefined)
  t.equal(chats.reporter(headersOf('{{CHAT_ID}}')), undefined, 'a template nobody filled in')
})

t.test('what is shown is one short line', async (t) => {
  const { server, call } = await setUp(t)
  call('c-1').tell(`Snapshot "a\n\u001b[31m\tb" ${'😀'.repeat(400)}`)
  await until(() => server.events.length === 1)
  const { description = '' } = server.events[0] ?? {}
  t.match(description, /^Snapshot "a \[31m b" 😀+…$/u)
  t.equal(Array.from(description).length, 300)
})

t.test('a slow OpenWebUI gets less, never two at once from one call', async (t) => {
  const { server, call } = await setUp(t)
  server.slowMs = 150
  const { tell, end } = call('c-1')
  const startedAt = performance.now()
  for (let i = 0; i < 50; i++) tell(`${i} %`)
  t.ok(performance.now() - startedAt < 50, 'telling takes no time')
  await until(() => server.open === 1)
  for (let i = 50; i < 60; i++) {
    tell(`${i} %`)
    await sleep(20)
  }
  end('is made')
  await until(() => server.events.at(-1)?.done === true)
  t.equal(server.maxOpen, 1)
  t.ok(server.asked <= 4, `${server.asked} requests`)
})

t.test('an OpenWebUI that answers too late still gets the end', async (t) => {
  for (const failures of [3, 1])
    await t.test(failures === 1 ? 'while it rests' : 'at once', async (t) => {
      const { server, warnings, call } = await setUp(t, { postMs: 60, failures })
      server.slowMs = 150
      const { tell, end } = call('c-1')
      tell('10 %')
      await until(() => server.asked === 1)
      await until(() => server.open === 0)
      t.equal(server.events.length, 0, 'nobody waits for the answer any more')
      end('is made')
      await until(() => server.events.some(({ done }) => done))
      await sleep(600)
      t.same(
        shown(server),
        ['10 %', 'is made (done)', 'is made (done)'],
        'the end is tried once more, and nothing follows it'
      )
      t.equal(server.asked, 3)
      t.equal(server.maxOpen, 1)
      t.equal(warnings.length, 1)
      t.match(warnings[0], /did not respond within 0\.06 s; check OPENWEBUI_URL$/)
    })
})

t.test('a proxy that gave up may have passed the event on', async (t) => {
  const { server, call } = await setUp(t)
  server.fault = 504
  const { tell, end } = call('c-1')
  tell('10 %')
  await until(() => server.asked === 1)
  server.fault = undefined
  await sleep(20)
  end('is made')
  await until(() => server.events.length === 1)
  t.same(shown(server), ['is made (done)'])
})

t.test('an end during a post that is late', async (t) => {
  const { server, call } = await setUp(t, { postMs: 100 })
  server.slowMs = 250
  const { tell, end } = call('c-1')
  tell('10 %')
  await until(() => server.asked === 1)
  end('is made')
  await until(() => server.events.some(({ done }) => done))
  t.same(shown(server).slice(0, 2), ['10 %', 'is made (done)'])
})

t.test('many calls share a few posts', async (t) => {
  const { server, call } = await setUp(t, { posts: 4, calls: 50 })
  server.slowMs = 20
  const calls = Array.from({ length: 100 }, (_, i) => call(`c-${i}`))
  for (const { tell } of calls) tell('10 %')
  await until(() => server.events.length === 50)
  for (const { end } of calls) end('is made')
  await until(() => server.events.length === 100)
  await sleep(100)
  t.equal(server.maxOpen, 4)
  t.equal(server.asked, 100, 'there was room for fifty; the others showed nothing')
  t.equal(server.events.filter(({ done }) => done).length, 50)
  call('c-100').tell('10 %')
  await until(() => server.events.length === 101)
  t.pass('the places are free again')
})

t.test('a dead OpenWebUI is asked little and logged once', async (t) => {
  for (const fault of ['reset', 'hang', 500, 302] as const)
    await t.test(String(fault), async (t) => {
      const { server, warnings, call } = await setUp(t, {
        postMs: fault === 'hang' ? 50 : 2000,
        pauseMs: 1,
        quietMs: 1
      })
      server.fault = fault
      const { tell, end } = call('c-1')
      for (let i = 0; i < 60; i++) {
        tell(`${i} %`)
        await sleep(10)
      }
      if (fault !== 'hang') end('is made')
      await sleep(50)
      t.equal(server.asked, 3, 'after three failures it rests')
      if (fault === 'hang') {
        // What was not answered may be shown, and gets an end.
        end('is made')
        await until(() => server.asked === 5)
        await sleep(200)
        t.equal(server.asked, 5)
      }
      t.equal(server.maxOpen, 1)
      t.equal(warnings.length, 1, warnings.join())
      t.match(warnings[0], /OpenWebUI .*; check OPENWEBUI_URL$/)
      t.notMatch(warnings[0], server.apiKey)
    })
})

t.test('it is tried again after the rest', async (t) => {
  const { server, call } = await setUp(t, { pauseMs: 1, quietMs: 1, restMs: 150 })
  server.fault = 500
  const { tell } = call('c-1')
  for (let i = 0; server.asked < 3; i++) {
    tell(`${i} %`)
    await sleep(10)
  }
  server.fault = undefined
  tell('while it rests')
  await sleep(50)
  t.equal(server.asked, 3)
  await sleep(150)
  tell('again')
  await until(() => server.events.length === 1)
  t.same(shown(server), ['again'])
})

t.test('a failure in the middle does not lose the end', async (t) => {
  const { server, call } = await setUp(t)
  const { tell, end } = call('c-1')
  tell('10 %')
  await until(() => server.events.length === 1)
  server.fault = 500
  tell('20 %')
  await until(() => server.asked === 2)
  server.fault = undefined
  end('is made')
  await until(() => server.events.length === 2)
  t.same(shown(server), ['10 %', 'is made (done)'])
})

t.test('an end that fails is tried once more', async (t) => {
  for (const repaired of [true, false]) {
    const { server, call } = await setUp(t)
    const { tell, end } = call('c-1')
    tell('10 %')
    await until(() => server.events.length === 1)
    server.fault = 500
    end('is made')
    await until(() => server.asked === 2)
    if (repaired) server.fault = undefined
    await until(() => server.asked === 3)
    await sleep(200)
    t.equal(server.asked, 3)
    t.equal(shown(server).at(-1), repaired ? 'is made (done)' : '10 %')
  }
})

t.test('an answer without an end is not read to it', async (t) => {
  const { server, call } = await setUp(t, { postMs: 2000 })
  server.fault = 'endless'
  call('c-1').tell('10 %')
  await until(() => server.asked === 1)
  await until(() => server.open === 0)
})

t.test('a chat that refuses is left alone, others continue', async (t) => {
  const { server, warnings, call } = await setUp(t, { quietMs: 1, pauseMs: 1 })
  server.chats = ['c-good']
  const bad = call('c-temporary')
  const good = call('c-good')
  for (let i = 0; i < 10; i++) {
    bad.tell(`${i} %`)
    good.tell(`${i} %`)
    await sleep(10)
  }
  bad.end('is made')
  good.end('is made')
  await until(() => server.events.at(-1)?.done === true)
  t.equal(server.asked - server.events.length, 1, 'it was asked once')
  t.equal(warnings.length, 1)
  t.match(warnings[0], /returned 401; check OPENWEBUI_API_KEY/)
})

t.test('closing posts the last event, and nothing after it', async (t) => {
  const { server, chats, call } = await setUp(t)
  const { tell, end } = call('c-1')
  tell('10 %')
  await until(() => server.events.length === 1)
  end('the bridge shuts down')
  await chats.close()
  t.equal(shown(server).at(-1), 'the bridge shuts down (done)')
  tell('late')
  call('c-2').tell('late')
  await sleep(100)
  t.equal(server.asked, 2)
})

t.test('an OpenWebUI that hangs does not delay closing', async (t) => {
  const { server, chats, call } = await setUp(t, { closeMs: 50 })
  server.fault = 'hang'
  for (let i = 0; i < 10; i++) call(`c-${i}`).tell('10 %')
  await until(() => server.open === 4)
  const startedAt = performance.now()
  await chats.close()
  t.ok(performance.now() - startedAt < 300, `${performance.now() - startedAt} ms`)
  await until(() => server.open === 0)
  t.equal(server.asked, 4)
})

t.test('the key can be tried', async (t) => {
  const { server } = await setUp(t)
  const posts = (apiKey: string): EventClient => {
    const made = new EventClient({ url: server.url, apiKey }, 1000, new Outgoing([]))
    t.teardown(() => made.close())
    return made
  }
  t.same(await posts(server.apiKey).probe(), { kind: 'shown' })
  t.match(await posts('wrong').probe(), { kind: 'refused', reason: 'returned 401' })
})
