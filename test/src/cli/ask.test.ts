import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type LlmServer, startLlmServer } from '../../helper/llm-server.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { startSpawnedCli } from '../../helper/spawn-cli.ts'

const escape = '\u001B'

const envOf = (llm: LlmServer): Record<string, string> => ({
  LLM_BASE_URL: llm.url,
  LLM_MODEL: 'test-model',
  LLM_API_KEY: 'sk-very-secret-0123456789'
})

t.test('the answer, then the operations; plain where stdout is not a terminal', async (t) => {
  const llm = await startLlmServer(t)
  const { code, stdout, stderr } = await runCli(t, ['ask', 'how', 'do', 'I stop a VM?'], {
    cwd: t.testdir(),
    env: envOf(llm)
  })
  t.equal(code, 0)
  t.match(
    stdout,
    /^Use POST \/VirDomain\/action\.\n\nOperations\n {2}POST \/VirDomain\/action {2}\w/
  )
  t.notOk(stdout.includes(escape), 'no colours')
  t.equal(stderr, '')
  t.match(llm.requests[0]?.body.messages[1].content, /how do I stop a VM\?/)
})

t.test('settings from .env, no cluster needed', async (t) => {
  const llm = await startLlmServer(t, { streams: false })
  const cwd = t.testdir()
  writeFileSync(join(cwd, '.env'), `LLM_BASE_URL=${llm.url}\nLLM_MODEL=test-model\n`)
  const { code, stdout } = await runCli(t, ['ask', 'stop a VM'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /^Use POST \/VirDomain\/action\.\n/)
})

t.test('it streams, and Ctrl-C ends it, as a process too', async (t) => {
  const llm = await startLlmServer(t, { fault: { cutAfter: 2, pause: true } })
  const options = { cwd: t.testdir(), env: envOf(llm) }
  const inProcess = startCli(t, ['ask', 'stop a VM'], options)
  await inProcess.printed(/Use POST \/VirDomain/)
  inProcess.interrupt()
  t.equal(await inProcess.exit, 130)
  const spawned = startSpawnedCli(t, ['ask', 'stop a VM'], options)
  await spawned.printed(/Use POST \/VirDomain/)
  t.same(await spawned.stop('SIGINT'), { code: 130, signal: null })
  for (const { stdout, stderr } of [inProcess, spawned])
    t.match({ stdout, stderr }, { stdout: /^Use POST \/VirDomain\n$/, stderr: '' })
  await Promise.all(llm.requests.map(({ gone }) => gone))
  t.equal(llm.requests.length, 2, 'the connections to the model server are closed')
})

t.test('in a terminal', async (t) => {
  const llm = await startLlmServer(t, {
    parts: [`${escape}]0;title\u0007Use POST /VirDomain/action or POST /VirDomain/halt`]
  })
  const { code, screen: stdout } = await runCli(t, ['ask', 'stop a VM'], {
    cwd: t.testdir(),
    env: { ...envOf(llm), TERM: 'xterm' },
    terminal: 120
  })
  t.equal(code, 0)
  t.match(stdout, /Asking test-model at 127\.0\.0\.1:\d+ about \d operations …/)
  t.ok(stdout.includes(`${escape}[1mOperations`), 'styled')
  t.match(stdout, /The answer names operations that the API does not have: POST \/VirDomain\/halt/)
  t.notOk(stdout.includes(`${escape}]0;`), 'the answer cannot rename the window')
})

t.test('an answer that is cut', async (t) => {
  const llm = await startLlmServer(t, { fault: { cutAfter: 2 } })
  const { code, stdout, stderr } = await runCli(t, ['ask', 'stop a VM'], {
    cwd: t.testdir(),
    env: envOf(llm)
  })
  t.equal(code, 1)
  t.match(stdout, /^Use POST \/VirDomain\n/)
  t.match(stderr, /^Warning: The answer is incomplete\. .* broke its response off: try again\.\n$/)
})

t.test('nothing found', async (t) => {
  const llm = await startLlmServer(t)
  const { code, stdout } = await runCli(t, ['ask', 'zzqx', 'wvvk'], {
    cwd: t.testdir(),
    env: envOf(llm)
  })
  t.equal(code, 0)
  t.match(stdout, /^I do not know: .*\n$/)
  t.same(llm.requests, [])
})

t.test('what goes wrong is one line', async (t) => {
  const llm = await startLlmServer(t)
  const cwd = t.testdir()
  const dead = `http://127.0.0.1:${await freePort()}/v1`
  const cases: [Record<string, string>, number, RegExp][] = [
    [{}, 1, /^No model server is set: set LLM_BASE_URL/],
    [{ LLM_BASE_URL: llm.url }, 2, /^LLM_MODEL is not set, but LLM_BASE_URL is/],
    [{ ...envOf(llm), LLM_BASE_URL: 'zzq' }, 2, /^LLM_BASE_URL must be/],
    [{ ...envOf(llm), LLM_BASE_URL: dead }, 1, /refused the connection/],
    [{ ...envOf(llm), LLM_MODEL: 'none' }, 1, /set LLM_MODEL to one of those it has, test-model/]
  ]
  await Promise.all(
    cases.map(async ([env, exitCode, message]) => {
      const { code, stdout, stderr } = await runCli(t, ['ask', 'stop a VM'], { cwd, env })
      t.equal(code, exitCode, String(message))
      t.equal(stdout, '')
      t.match(stderr, message)
      t.equal(stderr.split('\n').length, 2, 'one line')
    })
  )
  const nothing = await runCli(t, ['ask'], { cwd })
  t.equal(nothing.code, 2)
  t.match(nothing.stderr, /missing required argument 'question'/)
})
