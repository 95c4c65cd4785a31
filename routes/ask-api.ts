import { Type } from '@sinclair/typebox'
import { ask, maxQuestionLength } from '../src/ask/ask.ts'
import type { Catalog } from '../src/catalog/load.ts'
import { parseMethod } from '../src/catalog/call/api-path.ts'
import { type Allowance, allowanceOf, type CallerRules } from '../src/policy/allowance.ts'
import { defineTool, type Tool } from '../src/tools/define-tool.ts'
import { createProgressReporter } from '../src/tools/task/progress.ts'
import { Input } from '../src/tools/schemas.ts'

/** What a caller may not do of an operation that an answer names, by method and path. */
function allowanceAt(
  catalog: Catalog,
  { method, path }: { method: string; path: string },
  rules: CallerRules
): Allowance {
  const [, base, rest] = /^(\/rest\/v2)?(\/.*)$/.exec(path) ?? []
  const operation = catalog.find(parseMethod(method), rest ?? path, base ?? '/rest/v1')
  return operation === undefined ? {} : allowanceOf(operation, rules)
}

export const askApi = defineTool({
  name: 'ask_api',
  alone: 'it asks a model',
  title: 'Ask a question about the HyperCore API',
  description:
    'Answers a question about the HyperCore API, with a language model; takes up to minutes. It knows nothing of this cluster.',
  tag: 'api',
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: true
  },
  slow: true,
  redact: false,
  input: Input({
    question: Type.String({
      minLength: 1,
      maxLength: maxQuestionLength,
      pattern: '\\S',
      description: 'in plain words'
    })
  }),
  output: Type.Object({
    answer: Type.String({ description: 'the answer, or that it is not known' }),
    operations: Type.Array(
      Type.Object({
        method: Type.String(),
        path: Type.String(),
        allowed: Type.Optional(Type.Boolean({ description: 'false: this token may not call it' })),
        restriction: Type.Optional(
          Type.String({ description: 'what this token may not do, and why' })
        )
      }),
      { description: 'endpoints the answer names, best first' }
    ),
    model: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      'x-published-type': 'string',
      description: 'model that answered; null when the search found nothing to ask it about'
    }),
    unknown: Type.Optional(
      Type.Array(Type.String(), {
        description: 'endpoints the answer names that do not exist: do not call them'
      })
    ),
    cut: Type.Optional(Type.String({ description: 'why the answer is not whole' }))
  }),

  async run(context, { question }) {
    const { catalog, search, llm, signal, draining, progress, timings } = context
    const rules = { ...context, principal: context.authority.principal }
    const reporter = createProgressReporter({ progress, timings })
    const onAsk = (): void => reporter.report({ percent: 0, message: `${llm?.model} is answering` })
    try {
      const answer = await ask({ catalog, search, llm }, question, { signal, draining, onAsk })
      reporter.end({ percent: 100, message: `${llm?.model} has answered` })
      return {
        ...answer,
        operations: answer.operations.map((named) => ({
          ...named,
          ...allowanceAt(catalog, named, rules)
        }))
      }
    } catch (error) {
      reporter.end()
      throw error
    }
  }
})

export const askApiTools: Tool[] = [askApi]
