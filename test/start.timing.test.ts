import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { freePort } from './helper/ports.ts'
import { cliPath } from './helper/run-cli.ts'

/** Milliseconds until a bare node has started and ended. */
async function timedBare(): Promise<number> {
  const started = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - started
}

/** Milliseconds until a bridge has answered `GET /health`. It is ended then. */
async function timedHealth(env: Record<string, string>): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [cliPath, 'serve'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const ended = once(child, 'exit')
  try {
    // Not asked before it listens: that would slow it down.
    let printed = ''
    for await (const chunk of child.stdout) {
      printed += String(chunk)
      if (printed.includes('listens on')) break
    }
    const [response] = (await once(
      get(`http://127.0.0.1:${env['PORT']}/health`, { agent: false }),
      'response'
    )) as [IncomingMessage]
    const answer = JSON.parse(await text(response)) as { status: unknown }
    const ms = performance.now() - started
    t.type(answer.status, 'string')
    return ms
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

t.test('from nothing to an answer of /health', async (t) => {
  const home = t.testdir()
  const serve: number[] = []
  const bare: number[] = []
  for (let i = 0; i < 5; i++) {
    bare.push(await timedBare())
    const port = await freePort()
    const env = {
      HOME: home,
      PORT: String(port),
      MCP_BEARER_TOKEN: 'test-token-0123456789',
      SCALE_HOST: '127.0.0.1:9',
      SCALE_USERNAME: 'admin',
      SCALE_PASSWORD: 'admin'
    }
    serve.push(await timedHealth(env))
  }
  const [best, bestBare] = [Math.min(...serve), Math.min(...bare)]
  const ratio = Math.min(...serve.map((ms, i) => ms / (bare[i] ?? 1)))
  t.comment(
    `/health answers after ${best.toFixed(0)} ms, a bare node ends after ${bestBare.toFixed(0)} ms; side by side ${ratio.toFixed(1)} starts of it`
  )
  // Half a second; on a machine on which Node itself starts slowly, what ten starts of it take.
  t.ok(best < 500 || ratio < 10)
})
