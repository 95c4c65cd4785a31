import * as fc from 'fast-check'
import pino from 'pino'
import t from 'tap'
import { hideInLine } from '../../../src/config/hide-in-line.ts'
import { createLogger } from '../../../src/config/log.ts'
import { Outgoing } from '../../../src/lib/secrets/outgoing.ts'

const secretPaths = ['authorization', 'cookie', '["set-cookie"]', 'password', 'sessionID', 'token']

/** What pino itself hides on three levels, as the measure. */
function byPino(fields: object): unknown {
  const paths = secretPaths.flatMap((path) => {
    const suffix = path.startsWith('[') ? path : `.${path}`
    return [path, `*${suffix}`, `*.*${suffix}`].filter((each) => each !== 'token')
  })
  let line = ''
  const stream = { write: (text: string) => void (line = text) }
  pino({ base: null, timestamp: false, redact: { paths, censor: '[hidden]' } }, stream).info(fields)
  return JSON.parse(line)
}

const lineOf = (fields: object): string => `${JSON.stringify({ level: 30, ...fields })}\n`

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

t.test('fields that hold a secret by their name are hidden, as pino does it', async (t) => {
  const name = fc.constantFrom(
    'tool',
    'on',
    'token',
    'password',
    'set-cookie',
    'cookie',
    '"token":',
    'sessionID'
  )
  const leaf = fc.constantFrom('web-01', '"password":"x"', '{"token":"x"}', 7, null, true)
  const { fields } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      leaf,
      fc.dictionary(name, leaf, { maxKeys: 3 }),
      tie('fields')
    ),
    fields: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true })
  }))
  fc.assert(
    fc.property(fields, (each) => {
      if (depthOf(each) > 3) return
      t.same(JSON.parse(hideInLine(lineOf(each))), byPino(each))
    }),
    { numRuns: 500 }
  )
})

t.test('deeper ones are hidden, too, and other lines stay as they are', async (t) => {
  const deep = { a: { b: { c: [{ password: 'p', token: 't', name: 'web' }] } }, token: 'of n8n' }
  t.same(JSON.parse(hideInLine(lineOf(deep))), {
    level: 30,
    a: { b: { c: [{ password: '[hidden]', token: '[hidden]', name: 'web' }] } },
    token: 'of n8n'
  })
  for (const fields of [
    { tool: 'vm_read', token: 'n8n', on: { method: 'GET' } },
    { msg: 'password: x' }
  ])
    t.equal(hideInLine(lineOf(fields)), lineOf(fields))
  t.equal(hideInLine('{"password":"cut off'), '{"msg":"[hidden]"}\n', 'nothing of what is no JSON')
})

t.test('the logger hides them in fields, errors and what a child is bound to', async (t) => {
  const lines: string[] = []
  const logger = createLogger('debug', new Outgoing([]), { write: (line) => void lines.push(line) })
  logger.info({ headers: { authorization: 'Bearer abc', accept: '*/*' } }, 'request')
  logger.error({ err: Object.assign(new Error('refused'), { password: 'hunter-22' }) }, 'failed')
  logger.child({ session: { sessionID: 'abc-def' } }).info({ token: 'n8n' }, 'tool called')
  t.match(JSON.parse(lines[0] ?? ''), { headers: { authorization: '[hidden]', accept: '*/*' } })
  t.match(JSON.parse(lines[1] ?? ''), { err: { message: 'refused', password: '[hidden]' } })
  t.match(JSON.parse(lines[2] ?? ''), { session: { sessionID: '[hidden]' }, token: 'n8n' })
  t.notMatch(lines.join(''), /Bearer|hunter|abc/)
  for (const line of lines) t.match(line, /\}\n$/)
})
