import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startLlmServer } from '../../helper/llm-server.ts'
import { runCli } from '../../helper/run-cli.ts'
import { secretForms } from '../../helper/secret-forms.ts'

const secrets = {
  MCP_BEARER_TOKEN: 'tok/en+%41-0123456789',
  SCALE_PASSWORD: 'S3cr@et/P w',
  LLM_API_KEY: 'sk-model"\\0123456789abcdef',
  OPENWEBUI_API_KEY: 'sk-chat-0123456789abcdef'
}
const login = 'CORP;backup svc:p@ss/w r%41d'
const all = [...Object.values(secrets), login.slice(login.indexOf(':') + 1)]
const forms = all.flatMap((secret) => Object.values(secretForms).map((write) => write(secret)))
/** All of them, and what turns a terminal. */
const echo = `I was sent ${forms.join(' and ')} and ${login} \u001b[2J\u202e`

const hidden = /(?!\n)[\p{Cc}\p{Cf}]/u

function shown(text: string): string[] {
  return forms.filter((form) => text.includes(form))
}

const secretSettings = {
  ...secrets,
  SCALE_EXPORT_URI: `smb://${login}@archive.example/exports`
}
const env = { ...secretSettings, SCALE_USERNAME: 'admin' }

/** The same settings with each secret in a file. */
function inFiles(t: Test): Record<string, string> {
  const folder = t.testdir({ secrets: { ...secretSettings } })
  const files = Object.keys(secretSettings).map((name) => [
    `${name}_FILE`,
    join(folder, 'secrets', name)
  ])
  return { SCALE_USERNAME: 'admin', ...Object.fromEntries(files) }
}

t.test('a server that repeats all it was sent gets no secret onto the screen', async (t) => {
  const server = createServer((_request, response) =>
    response
      .writeHead(500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { message: echo }, detail: echo }))
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cwd = t.testdir()
  const servers = {
    LLM_BASE_URL: url,
    LLM_MODEL: echo.slice(0, 100),
    OPENWEBUI_URL: url,
    SCALE_DIRECTORY_URL: url,
    PORT: url.split(':').at(-1) ?? ''
  }
  for (const [form, given] of Object.entries({ 'set as they are': env, 'in files': inFiles(t) }))
    for (const args of [['check'], ['ask', 'How do I stop a VM?']]) {
      const { code, stdout, stderr } = await runCli(t, args, { cwd, env: { ...given, ...servers } })
      t.equal(code, 1)
      t.same(shown(stdout + stderr), [], `${args.join(' ')}, ${form}`)
      t.match(stdout + stderr, '***', 'it came to be said')
      t.notMatch(stdout + stderr, hidden)
    }
})

t.test('what a model writes controls no terminal, and no secret is sent to it', async (t) => {
  const llm = await startLlmServer(t)
  llm.parts = ['Use POST /VirDomain/action', ' \u001b[2J', '\u202e', 'x']
  const question = `How do I stop a VM? My password is ${secrets.SCALE_PASSWORD}`
  const { code, stdout } = await runCli(t, ['ask', question], {
    cwd: t.testdir(),
    env: { ...env, LLM_BASE_URL: llm.url, LLM_MODEL: 'test-model' }
  })
  t.equal(code, 0)
  t.match(stdout, 'Use POST /VirDomain/action [2Jx')
  t.notMatch(stdout, hidden)
  const [sent] = llm.requests
  t.match(sent?.body.messages[1].content, /My password is \*\*\*/)
})

t.test('connect shows the token to those who ask for it, and nothing else', async (t) => {
  t.testdir()
  for (const given of [env, inFiles(t)]) {
    const { stdout } = await runCli(t, ['connect', 'openwebui', '--show-token'], {
      cwd: t.testdirName,
      env: given
    })
    t.equal(JSON.parse(stdout)[0].key, secrets.MCP_BEARER_TOKEN)
  }
})
