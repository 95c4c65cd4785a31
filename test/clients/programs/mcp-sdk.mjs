// The official SDK of either generation, over HTTP or through a program on standard input and output:
// makes the calls that it is given as JSON, and prints a line of JSON for each.
const { url, token, calls, generation, through } = JSON.parse(process.argv[2])

const load = async () => {
  if (generation === 2)
    return {
      ...(await import('@modelcontextprotocol/client')),
      ...(await import('@modelcontextprotocol/client/stdio'))
    }
  return {
    ...(await import('@modelcontextprotocol/sdk/client/index.js')),
    ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js'))
  }
}

const { Client, StdioClientTransport, StreamableHTTPClientTransport } = await load()
const client = new Client({ name: 'trial', version: '1.0.0' })
const headers = { Authorization: `Bearer ${token}` }
await client.connect(
  through === undefined
    ? new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
    : new StdioClientTransport({ ...through, stderr: 'ignore' })
)
const { tools } = await client.listTools()
for (const { step, name, args } of calls) {
  let progress = 0
  const options = { onprogress: () => (progress += 1) }
  // Generation 1 takes a schema of the result before the options.
  const more = generation === 2 ? [options] : [undefined, options]
  const { content } = await client.callTool({ name, arguments: args }, ...more)
  const text = content.map((part) => part.text).join('\n')
  console.log(JSON.stringify({ step, text, progress, tools: tools.length }))
}
await client.close()
