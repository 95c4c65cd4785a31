import type { Catalog, Operation } from '../catalog/load.ts'
import { nameOf } from '../catalog/operation-name.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import type { CallEnds } from './call-watch.ts'
import type { ChatClient } from './chat-client.ts'
import { namedOperations } from './named-operations.ts'
import { buildPrompt } from './prompt.ts'

/** How many operations the model is shown at most. */
const maxOperations = 8

/** Longest question, in characters: the operations need the room. */
export const maxQuestionLength = 1_000

/** What questions are answered from. */
export interface AskSources {
  catalog: Catalog
  /** Search in the catalog. */
  search: {
    search(question: string, options: { limit: number }): { operation: Operation }[]
    nearestEntities(question: string): string[]
  }
  /** The model server; undefined where none is set. */
  llm: ChatClient | undefined
}

export interface AskOptions extends CallEnds {
  /** Called once, before the model is asked. */
  onAsk?: (operations: Operation[]) => void
  /** Called with each part of the answer as it comes. */
  onText?: (text: string) => void
}

export interface AskAnswer {
  answer: string
  /** The operations that the answer names, checked against the catalog. */
  operations: { method: string; path: string }[]
  /** The model that answered; null when none was asked. */
  model: string | null
  /** Operations that the answer names and the API does not have. */
  unknown?: string[]
  /** Why the answer is not whole. */
  cut?: string
}

function dontKnow(entities: string[]): AskAnswer {
  const near =
    entities.length === 0
      ? 'Ask about VMs, disks, networks, snapshots, replication, nodes or users.'
      : `The nearest things it knows are ${entities.join(', ')}.`
  return {
    answer: `I do not know: nothing in the HyperCore API fits this question. ${near}`,
    operations: [],
    model: null
  }
}

/**
 * Answers a question about the HyperCore API from the catalog entries that search finds. The model
 * is not asked when there are none.
 * @throws {BridgeError} LLM_…, INVALID_ARGUMENT, CALLER_GONE or SHUTTING_DOWN.
 */
export async function ask(
  { catalog, search, llm }: AskSources,
  question: string,
  options: AskOptions = {}
): Promise<AskAnswer> {
  if (llm === undefined)
    throw new BridgeError(
      'LLM_NOT_CONFIGURED',
      'No model server is set: set LLM_BASE_URL (http://127.0.0.1:11434/v1 for Ollama) and LLM_MODEL, and LLM_API_KEY if it requires a key.'
    )
  if (question.length > maxQuestionLength)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `The question is longer than ${maxQuestionLength} characters: ask for one thing at a time.`
    )
  const found = search.search(question, { limit: maxOperations })
  if (found.length === 0) return dontKnow(search.nearestEntities(question))
  const prompt = buildPrompt(
    catalog,
    found.map(({ operation }) => operation),
    question
  )
  options.onAsk?.(prompt.operations)
  const { text, cut } = await llm.complete(prompt.messages, options)
  const { operations, unknown } = namedOperations(catalog, prompt.operations, text)
  return {
    answer: text,
    operations: operations.map((operation) => {
      const [method = '', path = ''] = nameOf(operation).split(' ')
      return { method, path }
    }),
    model: llm.model,
    ...(unknown.length > 0 && { unknown }),
    ...(cut !== undefined && { cut })
  }
}
