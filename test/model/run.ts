import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageRoot } from '../../src/lib/package-info.ts'
import { Unavailable } from '../conformance/packages.ts'
import { models } from './models.ts'
import { llamaFolder, weightsOf } from './weights.ts'

/**
 * Serves a small model on this machine and runs the benchmark with it:
 * `npm run try:model -- NAME [--tasks …] [--threads N] [--write LABEL]`. Words that it does not know go to
 * `scale-bridge bench`. `--write before` keeps the report, for the documentation and for replays.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: true,
  options: {
    tasks: { type: 'string' },
    tools: { type: 'string' },
    surface: { type: 'string' },
    k: { type: 'string' },
    threads: { type: 'string', default: '1' },
    write: { type: 'string' }
  }
})
const [name = ''] = positionals
const model = models[name]
if (model === undefined) {
  console.error(`Give the name of a model: ${Object.keys(models).join(', ')}`)
  process.exit(2)
}

async function serve(folder: string, file: string): Promise<{ url: string; end: () => void }> {
  const script = join(packageRoot, 'test', 'model', 'serve.mjs')
  const server = spawn(process.execPath, [script, file, '0', values.threads], {
    env: { ...process.env, NODE_LLAMA_CPP: folder },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [first] = (await once(server.stdout, 'data')) as [Buffer]
  const [url = ''] = /http\S+/.exec(first.toString()) ?? []
  return { url, end: () => void server.kill() }
}

try {
  const server = await serve(await llamaFolder(), await weightsOf(name, model))
  try {
    const { tasks, tools, surface, k, write } = values
    const report = join(packageRoot, 'test', 'model', 'reports', `${name}-${write}.json`)
    const given = Object.entries({ tasks, tools, surface, k }).flatMap(([option, value]) =>
      value === undefined ? [] : [`--${option}`, value]
    )
    const words = ['--import', 'ts-blank-space/register', join(packageRoot, 'src', 'cli.ts')]
    const bench = ['bench', '--model-url', server.url, '--model', name, '--temperature', '0']
    const kept = write === undefined ? [] : ['--json', report]
    const child = spawn(
      process.execPath,
      [...words, ...bench, '--note', model.note, ...given, ...kept],
      { cwd: packageRoot, stdio: 'inherit' }
    )
    const [code] = (await once(child, 'close')) as [number]
    process.exitCode = code
  } finally {
    server.end()
  }
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  console.error(`Skipped: ${error.message}`)
}
