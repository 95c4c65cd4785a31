import Fastify from 'fastify'
import t from 'tap'
import { warmUpPlugin } from '../../plugins/warm-up.ts'

t.test('all work is done before it resolves, and what fails is logged', async (t) => {
  const log: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void log.push(line) } } })
  t.teardown(() => app.close())
  await app.register(warmUpPlugin)
  let done = false
  app.addWarmUp('Good work', async () => (done = true))
  app.addWarmUp('Bad work', () => Promise.reject(new Error('broken')))
  await app.warmUp()
  t.ok(done)
  t.equal(log.length, 1)
  t.match(log[0], /"level":50.*broken.*Bad work failed to load/)
})

t.test('work that can wait waits for requests, but not for ever', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(warmUpPlugin)
  let answer = (): void => undefined
  let reached = (): void => undefined
  app.get('/', () => {
    const waits = new Promise<string>((resolve) => (answer = () => resolve('done')))
    reached()
    return waits
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await app.idle()

  const isReached = new Promise<void>((resolve) => (reached = resolve))
  const call = fetch(url).then((response) => response.text())
  await isReached
  let idle = false
  const waiting = app.idle().then(() => (idle = true))
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.notOk(idle, 'a request is under way')
  answer()
  t.equal(await call, 'done')
  await waiting

  const next = new Promise<void>((resolve) => (reached = resolve))
  const endless = fetch(url).then((response) => response.text())
  await next
  await app.idle()
  t.pass('a request that takes long is not waited for')
  answer()
  await endless
})
