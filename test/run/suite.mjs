// node test/run/suite.mjs [--jobs N] PART...
// Runs the parts of .build: fast, slow, timing, check. Each compiled test is a process that writes TAP;
// what failed is printed, the whole of it is kept in .build/output.
//
// The runner of tap puts a module loader into every process, those that the tests start included, and
// tracks in it which files are loaded: half a second to four for each, useful only for coverage.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { failuresIn, summaryOf } from './tap-output.mjs'

/** Where npm runs its scripts. */
const root = process.cwd()
const kept = join(root, '.build', 'output')
/** More where other programs have most of the processor. */
const timeoutSeconds = Number(process.env.TEST_TIMEOUT_SECONDS ?? 900)
/** What only costs time is left out of those that have three minutes. */
const preloadsOf = (part) =>
  [part === 'fast' && 'uncaught.mjs', 'teardown-first.mjs', process.env.TEST_STALLS && 'stalls.mjs']
    .filter(Boolean)
    .flatMap((file) => ['--import', new URL(file, import.meta.url).href])

/** What measures time runs alone. Tests wait for sockets and programs, which leaves a core free. */
const jobsOf = (part) => (part === 'timing' ? 1 : availableParallelism() + 2)

const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    process.exit(130)
  })

/** Runs one compiled test to its end: { code, stdout, stderr, seconds }. */
function runFile(part, file) {
  const started = performance.now()
  const child = spawn(process.execPath, [...preloadsOf(part), '--enable-source-maps', file], {
    cwd: root,
    env: { ...process.env, TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  running.add(child)
  // tap ends a test that takes too long, and says what it waits for; this is for one that cannot.
  const killer = setTimeout(() => child.kill('SIGKILL'), (timeoutSeconds + 30) * 1000)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(killer)
      running.delete(child)
      resolve({ ...output, code: code ?? signal, seconds: (performance.now() - started) / 1000 })
    })
  })
}

const total = { total: 0, pass: 0, fail: 0, skip: 0, todo: 0 }

/** Adds a result up, keeps its output, and prints a line for it, or what failed in it. */
function report(name, { code, stdout, stderr, seconds }) {
  const counts = summaryOf(stdout)
  const wrong = failuresIn(stdout)
  // A crash, a timeout or a file that ends early fails without a failed assertion.
  if (counts === undefined) wrong.push(`not ok - ${name} ended without a summary (${code})`)
  else if (code !== 0 && wrong.length === 0) wrong.push(`not ok - ${name} ended with ${code}`)
  const { pass = 0, skip = 0, todo = 0 } = counts ?? {}
  const fail = Math.max(counts?.fail ?? 0, wrong.length > 0 ? 1 : 0)
  for (const [key, count] of Object.entries({ pass, fail, skip, todo })) {
    total[key] += count
    total.total += count
  }
  const file = join(kept, `${name}.tap`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, stderr === '' ? stdout : `${stdout}\n# standard error\n${stderr}`)
  const said = [`${pass} passed`, fail > 0 && `${fail} FAILED`, skip > 0 && `${skip} skipped`]
  console.log(
    `${name.padEnd(40)} ${seconds.toFixed(1).padStart(6)} s  ${said.filter(Boolean).join(', ')}`
  )
  if (wrong.length === 0) return
  console.log(`\n${wrong.join('\n\n')}\n`)
  if (stderr !== '') console.log(`${stderr.split('\n').slice(-40).join('\n')}\n`)
}

async function runPart(part, jobs) {
  const folder = join(root, '.build', part)
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => /\.(?:test|check)\.js$/.test(name))
    .toSorted((a, b) => a.localeCompare(b))
  // The largest first: what is short fills the end, where a long one would run alone. Not the slow ones:
  // those that use large clusters would all run at once.
  const sizeOf = (file) => statSync(join(folder, file)).size
  if (part === 'fast') files.sort((a, b) => sizeOf(b) - sizeOf(a))
  const worker = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift())
      report(join(part, file.slice(0, -'.js'.length)), await runFile(part, join(folder, file)))
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

/** Processor seconds of all processes that have ended, where the system says it. */
function processorSeconds() {
  try {
    const [, fields] = /\) (.*)/.exec(readFileSync('/proc/self/stat', 'utf8')) ?? []
    return (
      fields
        .split(' ')
        .slice(11, 15)
        .reduce((sum, ticks) => sum + Number(ticks), 0) / 100
    )
  } catch {
    return undefined
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string' } }
})
const started = performance.now()
for (const part of positionals)
  await runPart(part, values.jobs === undefined ? jobsOf(part) : Number(values.jobs))

const wall = ((performance.now() - started) / 1000).toFixed(1)
const processor = processorSeconds()
const counts = Object.entries(total).filter(([key, n]) => n > 0 || key === 'total')
console.log(`# { ${counts.map(([key, count]) => `${key}: ${count}`).join(', ')} }`)
console.log(
  `# ${wall} s${processor === undefined ? '' : `, ${processor.toFixed(1)} s of processor`}`
)
process.exitCode = total.fail > 0 || total.total === 0 ? 1 : 0
