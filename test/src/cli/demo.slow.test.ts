import { spawn } from 'node:child_process'
import t from 'tap'
import { freePort, portIsFree } from '../../helper/ports.ts'
import { cliPath } from '../../helper/run-cli.ts'

t.test('npm that is ended takes the demo with it', async (t) => {
  const port = await freePort()
  // As npm runs a script: a shell between, which keeps the signal to itself.
  const shell = spawn('sh', ['-c', `true && '${process.execPath}' '${cliPath}' demo; true`], {
    cwd: t.testdir(),
    env: { PATH: process.env['PATH'], PORT: String(port), npm_lifecycle_event: 'demo' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  for await (const chunk of shell.stdout) if (String(chunk).includes('Ctrl-C')) break
  t.notOk(await portIsFree(port))
  shell.kill('SIGTERM')
  const limit = Date.now() + 5000
  while (Date.now() < limit && !(await portIsFree(port)))
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok(await portIsFree(port))
})
