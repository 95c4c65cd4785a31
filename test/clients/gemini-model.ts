import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Owner } from '../eval/owner.ts'
import type { Step } from './steps.ts'

interface Part {
  text?: string
  functionResponse?: { response: unknown }
}

interface Content {
  role?: string
  parts: Part[]
}

/**
 * A stand-in for Gemini's API on loopback, whose model calls the tool of the step that it is asked
 * for, and then repeats the response.
 * @returns its base URL
 */
export async function startGeminiModel(owner: Owner, steps: readonly Step[]): Promise<string> {
  const replyTo = (contents: readonly Content[]): object => {
    const parts = contents.flatMap((content) => content.parts)
    const results = parts.flatMap(({ functionResponse }) => functionResponse ?? [])
    if (results.length > 0) return { text: JSON.stringify(results.at(-1)?.response) }
    const step = steps.find(({ prompt }) => parts.some((part) => part.text === prompt))
    if (step === undefined) return { text: 'Nothing is recorded for this.' }
    return { functionCall: { id: 'call-1', name: step.name, args: step.args } }
  }
  const http = createServer((request, response) => {
    void text(request).then((body) => {
      const { contents } = JSON.parse(body) as { contents: Content[] }
      const content = { role: 'model', parts: [replyTo(contents)] }
      response.setHeader('content-type', 'application/json')
      return response.end(
        JSON.stringify({ candidates: [{ content, finishReason: 'STOP', index: 0 }] })
      )
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  owner.teardown(() => {
    http.closeAllConnections()
    return new Promise((resolve) => http.close(resolve))
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}
