// LangChain: an agent with the tools of its MCP adapters, asked once for each step.
import { MultiServerMCPClient } from '@langchain/mcp-adapters'
import { ChatOpenAI } from '@langchain/openai'
import { createAgent } from 'langchain'

const { url, token, model, calls } = JSON.parse(process.argv[2])
const headers = { Authorization: `Bearer ${token}` }
const client = new MultiServerMCPClient({
  mcpServers: { hypercore: { transport: 'http', url, headers } }
})
const tools = await client.getTools()
const agent = createAgent({
  model: new ChatOpenAI({
    model: model.name,
    apiKey: 'none',
    configuration: { baseURL: model.openai }
  }),
  tools
})
for (const { step, prompt } of calls) {
  const { messages } = await agent.invoke({ messages: [{ role: 'user', content: prompt }] })
  console.log(JSON.stringify({ step, text: messages.at(-1).text, tools: tools.length }))
}
await client.close()
