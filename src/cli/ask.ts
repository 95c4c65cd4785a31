import { ask, type AskAnswer, type AskSources } from '../ask/ask.ts'
import { ChatClient } from '../ask/chat-client.ts'
import { nameOf } from '../ask/operation-entry.ts'
import { CatalogSearch } from '../catalog/search/search.ts'
import { loadLlmConfig } from '../config/config.ts'
import { clusterCatalog } from './cluster-catalog.ts'
import { Outgoing } from '../lib/outgoing.ts'
import { readEnvFile, settingsOf } from '../config/env-file.ts'
import { notes, output, warn } from './io/terminal.ts'

/** Exit code of a program that was ended by SIGINT. */
const interrupted = 130

async function sources(): Promise<AskSources> {
  const env = settingsOf(await readEnvFile())
  const config = loadLlmConfig(env)
  const { catalog } = await clusterCatalog(env)
  return {
    catalog,
    search: new CatalogSearch(catalog),
    llm:
      config === undefined
        ? undefined
        : new ChatClient(
            config,
            new Outgoing(config.apiKey === undefined ? [] : [{ value: config.apiKey }])
          )
  }
}

function printOperations({ catalog }: AskSources, { operations, unknown = [] }: AskAnswer): void {
  if (operations.length > 0) {
    output.line()
    output.line(output.style('bold', 'Operations'))
  }
  const known = new Map(catalog.operations.map((operation) => [nameOf(operation), operation]))
  for (const { method, path } of operations) {
    const name = `${method} ${path}`
    output.line(`  ${output.style('cyan', name)}  ${known.get(name)?.summary ?? ''}`)
  }
  if (unknown.length > 0) warn(`The API does not have what the answer names: ${unknown.join(', ')}`)
}

/**
 * Answers a question about the API in the terminal: the answer as it comes, then the operations it
 * names. Needs the model server's settings and no cluster. Ctrl-C ends it and the model's work.
 * @returns the exit code: 1 if the answer was cut off.
 */
export async function askCommand(words: string[]): Promise<number> {
  const from = await sources()
  const interrupt = new AbortController()
  const onInterrupt = (): void => {
    interrupt.abort()
    output.line()
    process.exit(interrupted)
  }
  process.once('SIGINT', onInterrupt)
  let streamed = ''
  try {
    const reply = await ask(from, words.join(' '), {
      signal: interrupt.signal,
      onAsk: (operations) => {
        if (process.stderr.isTTY)
          notes.line(
            notes.style(
              'dim',
              `Asking ${from.llm?.model} at ${from.llm?.host} about ${operations.length} operations …`
            )
          )
      },
      onText: (text) => {
        streamed += text
        output.raw(text)
      }
    })
    if (streamed === '') output.raw(reply.answer)
    if (!streamed.endsWith('\n')) output.line()
    printOperations(from, reply)
    if (reply.cut === undefined) return 0
    warn(`The answer is not whole. ${reply.cut}`)
    return 1
  } catch (error) {
    if (streamed !== '') output.line()
    throw error
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}
