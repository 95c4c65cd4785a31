import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import t from 'tap'
import { cliPath } from './helper/run-cli.ts'

/** Milliseconds until the process prints what is waited for, or ends. */
async function timed(args: string[], env: Record<string, string>, until?: RegExp): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  let printed = ''
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (until?.test(printed)) {
        resolve(performance.now() - started)
        child.kill('SIGKILL')
      }
    })
    child.on('exit', () =>
      until === undefined ? resolve(performance.now() - started) : reject(new Error(printed))
    )
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('from nothing to an answer of /health', async (t) => {
  const home = t.testdir()
  const serve: number[] = []
  const bare: number[] = []
  for (let i = 0; i < 5; i++) {
    bare.push(await timed(['-e', '0'], {}))
    const port = await freePort()
    const env = {
      HOME: home,
      PORT: String(port),
      MCP_BEARER_TOKEN: 'test-token-0123456789',
      SCALE_HOST: '127.0.0.1:9',
      SCALE_USERNAME: 'admin',
      SCALE_PASSWORD: 'admin'
    }
    // It listens: from here on /health answers, whatever else is still being loaded.
    serve.push(await timed([cliPath, 'serve'], env, /Server listening/))
  }
  const [best, bestBare] = [Math.min(...serve), Math.min(...bare)]
  t.comment(
    `serve listens after ${best.toFixed(0)} ms, a bare node ends after ${bestBare.toFixed(0)} ms`
  )
  // Half a second, or on a slower machine what a start may cost beside the one of Node itself.
  t.ok(best < 500 || best / bestBare < 4.5)
})
