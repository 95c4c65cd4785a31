// npm run test:repeat -- [--times 10] [--busy 5] [--stalls MS] [--part fast]
// Runs the tests many times, some beside a busy loop on every core, and prints a table: a test that
// depends on a fast machine, or on luck, fails here. With --stalls, each test's process is paused
// for up to MS milliseconds at a time.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '10' },
    busy: { type: 'string', default: '5' },
    stalls: { type: 'string' },
    part: { type: 'string', default: 'fast' }
  }
})
const [times, busy] = [values.times, values.busy].map(Number)
if (!Number.isInteger(times) || times < 1 || !Number.isInteger(busy) || busy < 0 || busy > times) {
  console.error('How often, and how many of them busy: npm run test:repeat -- --times 10 --busy 5')
  process.exit(2)
}

const loops = new Set()
const startLoops = () => {
  for (let i = 0; i < availableParallelism(); i++)
    loops.add(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
}
const endLoops = () => {
  for (const loop of loops) loop.kill('SIGKILL')
  loops.clear()
}
process.once('exit', endLoops)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

/** One run: { code, text }. */
function run(isBusy) {
  const env = {
    ...process.env,
    ...(isBusy && { TEST_TIMEOUT_SECONDS: '3600' }),
    ...(values.stalls !== undefined && { TEST_STALLS: values.stalls })
  }
  const child = spawn(process.execPath, ['test/run/suite.mjs', values.part], {
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text }))
  })
}

const rows = []
const failed = []
for (let i = 1; i <= times; i++) {
  // The busy ones last: what fails without load comes first.
  const isBusy = i > times - busy
  if (isBusy) startLoops()
  const { code, text } = await run(isBusy)
  endLoops()
  const number = (pattern) => pattern.exec(text)?.[1] ?? '-'
  const row = {
    run: i,
    beside: isBusy ? 'a busy loop' : '',
    'wall s': number(/^# ([\d.]+) s/m),
    'cpu s': number(/^# [\d.]+ s, ([\d.]+) s of processor/m),
    passed: number(/^# \{.* pass: (\d+)/m),
    failed: code === 0 ? '0' : number(/^# \{.* fail: (\d+)/m)
  }
  rows.push(row)
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name} ${value}`)
      .join('  ')
  )
  if (code === 0) continue
  // At once, as a run that is ended early has them, too; whole, as the next run replaces what is kept.
  failed.push(...(text.match(/^ *not ok.*$/gm) ?? [`not ok - ended with ${code}`]))
  console.log(text.replaceAll(/^\S+ +[\d.]+ s {2}\d+ passed.*\n/gm, ''))
}

console.table(rows)
for (const line of failed) console.log(line)
process.exitCode = failed.length > 0 ? 1 : 0
