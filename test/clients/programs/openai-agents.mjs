// The agents of OpenAI with an MCP server, asked once for each step.
import { Agent, MCPServerStreamableHttp, OpenAIChatCompletionsModel, run } from '@openai/agents'
import { setTracingDisabled } from '@openai/agents'
import OpenAI from 'openai'

const { url, token, model, calls } = JSON.parse(process.argv[2])
setTracingDisabled(true)
const headers = { Authorization: `Bearer ${token}` }
const server = new MCPServerStreamableHttp({
  name: 'hypercore',
  url,
  requestInit: { headers },
  clientSessionTimeoutSeconds: 60
})
await server.connect()
const tools = await server.listTools()
const openai = new OpenAI({ baseURL: model.openai, apiKey: 'none' })
const agent = new Agent({
  name: 'operator',
  model: new OpenAIChatCompletionsModel(openai, model.name),
  mcpServers: [server]
})
for (const { step, prompt } of calls) {
  const { finalOutput } = await run(agent, prompt)
  console.log(JSON.stringify({ step, text: finalOutput, tools: tools.length }))
}
await server.close()
