import { ask, type AskAnswer, type AskSources } from '../../ask/ask.ts'
import { ChatClient } from '../../ask/chat-client.ts'
import { nameOf } from '../../catalog/operation-name.ts'
import { searchIn } from '../../catalog/search/search.ts'
import { loadLlmConfig, secretsIn } from '../../config/config.ts'
import { clusterCatalog } from '../cluster-catalog.ts'
import { Outgoing } from '../../lib/secrets/outgoing.ts'
import { type Io, warn } from '../io/io.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'

/** Exit code of a program that was ended by SIGINT. */
const interrupted = 130

async function sources(io: Io, options: SettingsOptions): Promise<AskSources> {
  const { env } = await openSettings(io, options)
  const config = loadLlmConfig(env)
  const { catalog } = await clusterCatalog(io, env)
  return {
    catalog,
    search: searchIn(catalog),
    llm: config === undefined ? undefined : new ChatClient(config, new Outgoing(secretsIn(env)))
  }
}

function printOperations(
  io: Io,
  { catalog }: AskSources,
  { operations, unknown = [] }: AskAnswer
): void {
  const { stdout } = io
  if (operations.length > 0) {
    stdout.line()
    stdout.line(stdout.style('bold', 'Operations'))
  }
  const known = new Map(catalog.operations.map((operation) => [nameOf(operation), operation]))
  for (const { method, path } of operations) {
    const name = `${method} ${path}`
    stdout.line(`  ${stdout.style('cyan', name)}  ${known.get(name)?.summary ?? ''}`)
  }
  if (unknown.length > 0)
    warn(io, `The answer names operations that the API does not have: ${unknown.join(', ')}`)
}

/**
 * Answers a question about the API in the terminal: the answer as it comes, then the operations it
 * names. Needs the model server's settings and no cluster. Ctrl-C ends it and the model's work.
 * @returns the exit code: 1 if the answer was cut off.
 */
export async function askCommand(
  io: Io,
  words: string[],
  options: SettingsOptions
): Promise<number> {
  const { stdout, stderr } = io
  const from = await sources(io, options)
  const interrupt = io.catchInterrupt()
  let streamed = ''
  try {
    const reply = await ask(from, words.join(' '), {
      signal: interrupt.signal,
      onAsk: (operations) => {
        if (stderr.stream.isTTY)
          stderr.line(
            stderr.style(
              'dim',
              `Asking ${from.llm?.model} at ${from.llm?.host} about ${operations.length} operations …`
            )
          )
      },
      onText: (text) => {
        streamed += text
        stdout.raw(text)
      }
    })
    if (streamed === '') stdout.raw(reply.answer)
    if (!streamed.endsWith('\n')) stdout.line()
    printOperations(io, from, reply)
    if (reply.cut === undefined) return 0
    warn(io, `The answer is incomplete. ${reply.cut}`)
    return 1
  } catch (error) {
    if (streamed !== '' || interrupt.signal.aborted) stdout.line()
    if (interrupt.signal.aborted) return interrupted
    throw error
  } finally {
    interrupt.release()
  }
}
