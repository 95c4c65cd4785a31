import type { ClientOutcome, Outcome } from './try-client.ts'
import { steps } from './steps.ts'

/** What a cell says: how many characters the model gets, or that the step failed. */
const cell = ({ passed, characters, progress }: Outcome): string => {
  if (!passed) return '**failed**'
  return progress === undefined || progress === 0
    ? `${characters}`
    : `${characters}, ${progress} steps`
}

/** Ends the page. Only what this trial or `npm run conformance` has shown. */
const whatCameOfIt = `## Found and fixed

- No step of this trial led to a change of the bridge.
- [The conformance suite](../development.md#conformance) found an error of the MCP SDK itself that reached clients as an internal
  error. The bridge passes such errors on as they are.

## Otherwise than expected

- **One result, three sizes**: the agents of OpenAI give the model the text of a result, the AI SDK its content as JSON. LangChain's
  adapters and Google's SDK add the structured content, which says the same in three times the characters: give them
  [\`/mcp?structured=off\`](mcp.md).
- **Progress** reaches the SDK, through mcp-remote as well; the agents and the Inspector, as they ran here, showed none.
- **Versions**: the first SDK with Streamable HTTP (1.10.2) gets the same results as the newest.
`

/** When the clients were tried, and on which Node.js. */
export interface Tried {
  date: string
  node: string
}

const now = (): Tried => ({ date: new Date().toISOString().slice(0, 10), node: process.version })

/** The page of the documentation: every client with what its model gets for each step. */
export function pageOf(tried: readonly ClientOutcome[], { date, node } = now()): string {
  const rows = tried.map(({ client, version, outcomes }) => {
    const [name = ''] = Object.keys(client.packages)
    return `| ${client.name} | \`${name}\` ${version} | ${outcomes.map(cell).join(' | ')} |`
  })
  const calls = steps.map(
    ({ step, name, args }) => `- ${step}: \`${name} ${JSON.stringify(args)}\``
  )
  return `# Clients that were tried

\`npm run try:clients -- --write\` writes this page. Each client ran in front of a demo of its own, and the calls were judged by
what its model received and by what the cluster showed afterwards:

${calls.join('\n')}

Agents were asked in plain words, with a stand-in model that plays the call and repeats its result. The numbers are the
characters that reach the model, and how often progress was reported.

| client | version | ${steps.map(({ step }) => step).join(' | ')} |
| --- | --- | ${steps.map(() => '---').join(' | ')} |
${rows.join('\n')}

${date}, Node.js ${node}; those that need a newer one ran on the \`node\` of npm.

${whatCameOfIt}`
}
