import { join } from 'node:path'
import t from 'tap'
import { runCli } from '../../helper/run-cli.ts'
import { envFor, simulatorFor } from './served.ts'

t.test(
  'it warns of settings that it ignores, and of certificates that are not checked',
  async (t) => {
    const simulator = await simulatorFor(t)
    const settings = { SCALE_TLS: 'insecure', READ_ONLY_MODE: 'true' }
    const { code, stdout, stderr } = await runCli(t, ['mcp'], {
      cwd: t.testdir({ '.env': envFor(simulator, settings) }),
      env: { OIDC_ISS: 'https://login.example', MCP_TIMEOUT: '1000', HOST: '0.0.0.0' }
    })
    t.equal(code, 0)
    t.equal(stdout, '', 'standard output is for the protocol')
    t.match(stderr, /"level":40.*unknown setting READ_ONLY_MODE, did you mean READ_ONLY\?/)
    t.match(stderr, /unknown setting OIDC_ISS, did you mean OIDC_ISSUER\?/)
    t.match(stderr, /SCALE_TLS is insecure: anyone posing as a node gets the cluster password/)
    t.notMatch(stderr, /MCP_TIMEOUT/, 'it is of the client that starts it')
    t.notMatch(stderr, /plain HTTP/, 'it opens no port')
  }
)

t.test('over standard input secrets may be in files, too', async (t) => {
  const cwd = t.testdir({ password: 'pw\n' })
  const env = { SCALE_HOST: '127.0.0.1:1', SCALE_USERNAME: 'admin' }
  const start = (files: Record<string, string>) =>
    runCli(t, ['mcp'], { cwd, env: { ...env, ...files } })
  const good = await start({ SCALE_PASSWORD_FILE: './password', MCP_BEARER_TOKEN_FILE: './none' })
  t.equal(good.code, 0, `it needs no token: ${good.stderr}`)
  t.notMatch(good.stdout + good.stderr, 'MCP_BEARER_TOKEN')
  const bad = await start({ SCALE_PASSWORD_FILE: './none' })
  t.not(bad.code, 0)
  t.match(bad.stderr, `SCALE_PASSWORD_FILE names ${join(cwd, 'none')}, which cannot be read`)
  const demo = await runCli(t, ['mcp', '--demo', '--vms', '2'], {
    cwd,
    env: { LLM_API_KEY_FILE: './none' }
  })
  t.match(demo.stderr, /LLM_API_KEY_FILE names/)
})

t.test('the simulated cluster ignores misspelt settings as little', async (t) => {
  const env = { READ_ONLY_MODE: 'true' }
  const { stderr } = await runCli(t, ['mcp', '--demo', '--vms', '2'], { cwd: t.testdir(), env })
  t.match(stderr, /unknown setting READ_ONLY_MODE, did you mean READ_ONLY\?/)
})
