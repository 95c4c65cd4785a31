import { PassThrough } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { prettyLog } from '../../../../src/cli/io/pretty-log.ts'
import { Terminal } from '../../../../src/cli/io/terminal.ts'

/** What is written for one line of log. */
function shown(level: 'warn' | 'error', fields: object, message: string): string {
  const stream = new PassThrough()
  const terminal = new Terminal(stream, {}, () => 'node dist/cli.js')
  pino({ base: undefined }, prettyLog(terminal))[level](fields, message)
  return String(stream.read()).replace(/^\[?[\d:]+\]? /, '')
}

t.test('a log line for people says a thing once, with the command as it is typed here', (t) => {
  const [reason, advice] = ['shows another certificate', 'run `scale-bridge pin`']
  const fields = { code: 'CLUSTER_TLS', reason, advice }
  t.equal(
    shown('warn', fields, `The cluster ${reason}; ${advice}`),
    'WARN: The cluster shows another certificate; run `node dist/cli.js pin` {"code":"CLUSTER_TLS"}\n'
  )
  t.equal(
    shown('warn', fields, 'The cluster cannot be used'),
    'WARN: The cluster cannot be used; shows another certificate; run `node dist/cli.js pin` {"code":"CLUSTER_TLS"}\n'
  )
  t.equal(shown('warn', { reqId: 'a1' }, 'Refused'), 'WARN: Refused\n')
  t.equal(shown('error', { reqId: 'a1' }, 'Failed'), 'ERROR: Failed (request a1)\n')
  t.end()
})
