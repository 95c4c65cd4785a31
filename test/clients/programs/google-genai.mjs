// Google's SDK, which calls the tools of an MCP client by itself, asked once for each step.
import { GoogleGenAI, mcpToTool } from '@google/genai'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const { url, token, model, calls } = JSON.parse(process.argv[2])
const client = new Client({ name: 'trial', version: '1.0.0' })
const headers = { Authorization: `Bearer ${token}` }
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
const { tools } = await client.listTools()
const ai = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: model.gemini } })
for (const { step, prompt } of calls) {
  const { text } = await ai.models.generateContent({
    model: model.name,
    contents: prompt,
    config: { tools: [mcpToTool(client)] }
  })
  console.log(JSON.stringify({ step, text, tools: tools.length }))
}
await client.close()
