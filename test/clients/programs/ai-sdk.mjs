// The AI SDK: a model with the tools of an MCP server, asked once for each step.
import { createMCPClient } from '@ai-sdk/mcp'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, isStepCount } from 'ai'

const { url, token, model, calls } = JSON.parse(process.argv[2])
const headers = { Authorization: `Bearer ${token}` }
const client = await createMCPClient({ transport: { type: 'http', url, headers } })
const tools = await client.tools()
const provider = createOpenAICompatible({ name: 'recorded', baseURL: model.openai, apiKey: 'none' })
for (const { step, prompt } of calls) {
  const { text } = await generateText({
    model: provider.chatModel(model.name),
    tools,
    prompt,
    stopWhen: isStepCount(5)
  })
  console.log(JSON.stringify({ step, text, tools: Object.keys(tools).length }))
}
await client.close()
