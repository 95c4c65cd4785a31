/** A program of others that uses MCP servers, and how it is tried. */
export interface TriedClient {
  /** As in the table. */
  name: string
  /** What is installed for it; the first is the one that is tried. */
  packages: Record<string, string>
  /** The file in `programs/`; the Inspector is a program itself. */
  program: 'ai-sdk' | 'google-genai' | 'langchain' | 'mcp-sdk' | 'openai-agents' | 'inspector'
  /** It does not run on the oldest Node.js that the bridge runs on. */
  needsNewNode?: boolean
  /** Of the SDK. */
  generation?: 1 | 2
  /** A program of this package stands between: it is reached over standard input and output. */
  through?: 'mcp-remote'
}

const sdk = (version: string): TriedClient => {
  const generation = version.startsWith('1.') ? 1 : 2
  const name = generation === 1 ? '@modelcontextprotocol/sdk' : '@modelcontextprotocol/client'
  return {
    name: `MCP SDK ${version}`,
    packages: { [name]: version },
    program: 'mcp-sdk',
    generation
  }
}

/** Generations of the SDK: the first with Streamable HTTP, those at which it changed, the newest. */
const sdkVersions = ['1.10.2', '1.13.3', '1.17.5', '1.20.2', '1.25.3', '1.32.2', '2.0.0', '2.4.0']

export const clients: readonly TriedClient[] = [
  {
    name: 'AI SDK',
    packages: { ai: '7.0.173', '@ai-sdk/mcp': '2.0.99', '@ai-sdk/openai-compatible': '3.0.92' },
    program: 'ai-sdk',
    needsNewNode: true
  },
  {
    name: 'LangChain MCP adapters',
    packages: {
      '@langchain/mcp-adapters': '1.1.4',
      '@langchain/core': '1.4.0',
      '@langchain/openai': '1.6.0',
      langchain: '1.5.14'
    },
    program: 'langchain',
    needsNewNode: true
  },
  {
    name: 'OpenAI agents',
    packages: { '@openai/agents': '0.20.0', openai: '7.59.0', zod: '4.6.7' },
    program: 'openai-agents',
    needsNewNode: true
  },
  {
    name: 'Google Gen AI',
    packages: { '@google/genai': '3.3.0', '@modelcontextprotocol/sdk': '1.32.2' },
    program: 'google-genai',
    needsNewNode: true
  },
  {
    name: 'mcp-remote',
    packages: { 'mcp-remote': '0.15.1', '@modelcontextprotocol/client': '2.4.0' },
    program: 'mcp-sdk',
    generation: 2,
    through: 'mcp-remote'
  },
  {
    name: 'MCP Inspector',
    packages: { '@modelcontextprotocol/inspector': '2.12.0' },
    program: 'inspector',
    needsNewNode: true
  },
  ...sdkVersions.map(sdk)
]
