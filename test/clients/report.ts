import type { ClientOutcome, Outcome } from './try-client.ts'
import { steps } from './steps.ts'

/** What a cell says: how many characters the model gets, or that the step failed. */
const cell = ({ passed, characters, progress }: Outcome): string => {
  if (!passed) return '**failed**'
  return progress === undefined || progress === 0
    ? `${characters}`
    : `${characters}, ${progress} steps`
}

/** The page of the documentation: every client with what its model gets for each step. */
export function pageOf(tried: readonly ClientOutcome[]): string {
  const rows = tried.map(({ client, version, outcomes }) => {
    const [name = ''] = Object.keys(client.packages)
    return `| ${client.name} | \`${name}\` ${version} | ${outcomes.map(cell).join(' | ')} |`
  })
  const calls = steps.map(
    ({ step, name, args }) => `- ${step}: \`${name} ${JSON.stringify(args)}\``
  )
  return `# Clients that were tried

\`npm run try:clients -- --write\` writes this page. Each client ran in front of a demo of its own, and the calls were judged by
what its model was told and by what the cluster showed afterwards:

${calls.join('\n')}

Agents were asked in plain words, with a stand-in model that plays the call and repeats its result. The numbers are the
characters that reach the model, and how often progress was told.

| client | version | ${steps.map(({ step }) => step).join(' | ')} |
| --- | --- | ${steps.map(() => '---').join(' | ')} |
${rows.join('\n')}

${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}; those that need a newer one ran on the \`node\` of npm.
`
}
