import { Type } from '@sinclair/typebox'
import { ask, maxQuestionLength } from '../src/ask/ask.ts'
import { defineTool, type Tool } from '../src/tools/define-tool.ts'
import { createProgressReporter } from '../src/tools/task/progress.ts'
import { Input } from '../src/tools/schemas.ts'

export const askApi = defineTool({
  name: 'ask_api',
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
    operations: Type.Array(Type.Object({ method: Type.String(), path: Type.String() }), {
      description: 'endpoints the answer names, best first'
    }),
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

  async run({ catalog, search, llm, signal, draining, progress, timings }, { question }) {
    const reporter = createProgressReporter({ progress, timings })
    const onAsk = (): void => reporter.report({ percent: 0, message: `${llm?.model} is answering` })
    try {
      const answer = await ask({ catalog, search, llm }, question, { signal, draining, onAsk })
      reporter.end({ percent: 100, message: `${llm?.model} has answered` })
      return answer
    } catch (error) {
      reporter.end()
      throw error
    }
  }
})

export const askApiTools: Tool[] = [askApi]
