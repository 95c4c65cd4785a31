/**
 * What Claude Desktop starts: `scale-bridge mcp`, with a simulated cluster where the user asked for
 * one. In the bundle this file lies in dist/mcpb, as it does after a build.
 */
import { fileURLToPath } from 'node:url'
import { demoVariable } from './demo-variable.ts'

// Whatever folder it was started in, no .env of another program is read.
process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
process.argv.splice(2, Infinity, 'mcp', ...(process.env[demoVariable] === 'true' ? ['--demo'] : []))
await import(new URL('../cli.js', import.meta.url).href)
