import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { type Owner, withOwner } from '../../eval/owner.ts'
import { noBrowser } from '../../helper/browser.ts'
import { installOpenWebUi, type Installed, Unavailable } from './install.ts'
import { fill, type Step } from './step.ts'
import { realSteps, recordedSteps } from './steps.ts'
import { type Result, writeTable } from './table.ts'
import { type RealModel, startTrial, type Trial } from './trial.ts'

/** What the documentation shows: a call that needed approval. */
const picture = String(
  recordedSteps.findIndex(({ name }) => name.includes('needs approval')) + 1
).padStart(2, '0')

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(packageRoot, '.build', 'openwebui') },
    openwebui: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false }
  }
})

function realModel(): RealModel | undefined {
  const { LLM_BASE_URL: url, LLM_API_KEY: key = 'none', LLM_MODEL: name = '' } = process.env
  if (url === undefined || url === '') return undefined
  if (name === '') throw new Error('LLM_BASE_URL is set: name its model in LLM_MODEL')
  return { url, key, name }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Tries one step, and takes a picture of what it ends with. */
async function tryStep(trial: Trial, step: Step, number: number): Promise<Result> {
  trial.inView = trial.admin
  for (const recording of step.recordings ?? []) trial.model.record(recording)
  let result: Result
  try {
    result = { name: step.name, passed: true, seen: fill(step.seen, await step.run(trial)) }
  } catch (error) {
    const [seen = ''] = String(error instanceof Error ? error.message : error).split('\n')
    result = { name: step.name, passed: false, seen }
  }
  await trial.inView.picture(String(number).padStart(2, '0')).catch(() => undefined)
  say(`${result.passed ? 'ok  ' : 'FAIL'} ${number} ${step.name}\n       ${result.seen}`)
  return result
}

/** Rejects on a signal to end, so that everything the script has started is ended first. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => reject(new Error(`ended by ${signal}`)))
})
interrupted.catch(() => undefined)

/** Ends everything, even if one part fails to: Ctrl-C reaches the browser, too, and ends it. */
const endsAll = (owner: Owner): Owner => ({
  teardown: (handler) =>
    owner.teardown(async () => {
      try {
        await handler()
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      }
    })
})

async function run(installed: Installed): Promise<void> {
  await mkdir(values.folder, { recursive: true })
  const only = values.only.split(',').filter(Boolean).map(Number)
  const results: Result[] = []
  const work = async (owner: Owner): Promise<void> => {
    const trial = await startTrial(owner, installed, realModel())
    for (const person of [trial.admin, trial.user]) person.pictures = values.folder
    say(`OpenWebUI ${installed.version} runs`)
    const steps = [...recordedSteps, ...(trial.real ? realSteps : [])]
    for (const [index, step] of steps.entries())
      if (only.length === 0 || only.includes(index + 1))
        results.push(await tryStep(trial, step, index + 1))
  }
  await withOwner((owner) => Promise.race([work(endsAll(owner)), interrupted]))
  const failed = results.filter(({ passed }) => !passed)
  say(
    `${results.length - failed.length} of ${results.length} as they should be; pictures in ${values.folder}`
  )
  if (failed.length > 0) process.exitCode = 1
  // With only some of the steps, the table would be incomplete.
  if (!values.write || only.length > 0) return
  await writeTable(installed, results)
  await copyFile(join(values.folder, `${picture}.png`), join(packageRoot, 'docs', 'openwebui.png'))
  say('docs/clients/openwebui.md and docs/openwebui.png are written')
}

try {
  if (noBrowser !== false) throw new Unavailable(noBrowser)
  await run(await installOpenWebUi(values.openwebui))
} catch (error) {
  if (!(error instanceof Unavailable)) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
  say(`skipped: ${error.message}`)
}
