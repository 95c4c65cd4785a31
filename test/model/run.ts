import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { Unavailable } from '../conformance/packages.ts'
import { models } from './models.ts'
import { llamaFolder, weightsOf } from './weights.ts'

/**
 * Serves a small model on this machine and runs the benchmark with it:
 * `npm run try:model -- NAME [--tasks …] [--threads N] [--write LABEL]`. `--write before` keeps the report, for
 * the documentation and for replays. One attempt at each task, without chance, unless `--k` and `--temperature`
 * say otherwise: `--tasks`, `--tools`, `--surface`, `--k`, `--seed` and `--temperature` go to `scale-bridge bench`.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: true,
  options: {
    tasks: { type: 'string' },
    tools: { type: 'string' },
    surface: { type: 'string' },
    k: { type: 'string', default: '1' },
    seed: { type: 'string' },
    temperature: { type: 'string', default: '0' },
    threads: { type: 'string', default: '2' },
    write: { type: 'string' }
  }
})
const [name = ''] = positionals
const model = models[name]
if (model === undefined) {
  console.error(`Give the name of a model: ${Object.keys(models).join(', ')}`)
  process.exit(2)
}

/** The commit that is measured; empty outside of a checkout. */
function commitWords(): string {
  const git = (...words: string[]): string =>
    spawnSync('git', words, { cwd: packageRoot, encoding: 'utf8' }).stdout.trim()
  const commit = git('rev-parse', '--short', 'HEAD')
  const changed = git('status', '--porcelain', '--', 'src', 'routes', 'plugins') !== ''
  return commit === '' ? '' : `; commit ${commit}${changed ? ' with changes' : ''}`
}

/** A day: this machine may have other things to do in the meantime. */
const replySeconds = '86400'

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
    const { tasks, tools, surface, k, seed, temperature, write } = values
    const report = join(packageRoot, 'test', 'model', 'reports', `${name}-${write}.json`)
    const given = Object.entries({ tasks, tools, surface, k, seed, temperature }).flatMap(
      ([option, value]) => (value === undefined ? [] : [`--${option}`, value])
    )
    const words = ['--import', 'ts-blank-space/register', join(packageRoot, 'src', 'cli.ts')]
    const bench = [
      'bench',
      '--model-url',
      server.url,
      '--model',
      name,
      '--note',
      `${model.note}${commitWords()}`
    ]
    const kept = write === undefined ? [] : ['--json', report]
    const child = spawn(
      process.execPath,
      [...words, ...bench, '--reply-seconds', replySeconds, ...given, ...kept],
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
