// A bridge in a process of its own, for the search and the soak: started as `scale-bridge serve` starts it, with
// shorter pauses, a clock that steps, and faults put in on purpose. Ended by kill -9.
// Before all that sets timers.
import '../soak/live-timers.ts'
import { auditFilesOf } from '../../src/cli/audit-files.ts'
import { clusterOptions } from '../../src/cli/cluster-options.ts'
import { withPathsFrom } from '../../src/cli/settings.ts'
import { entriesBackwards } from '../../src/audit/chain/record-reader.ts'
import { LeftWrites } from '../../src/audit/left-writes.ts'
import { loadConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/config/log.ts'
import { TokenFile } from '../../src/identity/token-file.ts'
import { isDatabaseAddress } from '../../src/store/postgres/address.ts'
import { Outgoing } from '../../src/lib/secrets/outgoing.ts'
import { type RunningBridge, startBridge } from '../../src/server.ts'
import { stepClock } from '../helper/stepping-clock.ts'
import { isSoakMutant, type SoakMutantName, soakMutants } from '../soak/mutants.ts'
import { pausesAt } from '../soak/pace.ts'
import { type Question, questions } from '../soak/questions.ts'
import { mutantNamed, type MutantName } from './mutants.ts'

/** A message to a bridge. */
export type HostMessage =
  | {
      kind: 'start'
      env: Record<string, string>
      cwd: string
      mutant?: MutantName | SoakMutantName
      offsetMs: number
      pace?: number
    }
  /** All clocks step, as while a machine sleeps; or the time of day alone, as when it is set. */
  | { kind: 'clock'; offsetMs: number; isSet?: boolean }
  /** What it costs, how its nodes stand, what its ledger holds; or it ends, and says what is left. */
  | { kind: 'ask'; about: Question }
  /** Ends what an earlier process left, without waiting until its writes are no longer young. */
  | { kind: 'settle' }

const steps = stepClock({ teardown: () => undefined })
const measured = performance.now.bind(performance)
function step(offsetMs: number, isSet = false): void {
  steps.set(offsetMs)
  if (!isSet) performance.now = () => measured() + offsetMs
}
let bridge: RunningBridge | undefined
let auditPath = ''
let logins = 0

/** Far shorter than any fault of the search lasts. */
const searchPauses = {
  tasks: { pauseMs: 30 },
  timeouts: {
    connectMs: 1000,
    headersMs: 1000,
    acceptMs: 1000,
    bodyMs: 700,
    moveOnMs: 500,
    firstByteMs: 2500,
    wholeMs: 4000,
    restMs: 150,
    refusalMs: 300
  },
  timings: { firstPollMs: 30, followMs: 100, queueMs: 3000 }
}

async function start({ env, cwd, mutant, offsetMs, pace }: HostMessage & { kind: 'start' }) {
  step(offsetMs)
  const config = loadConfig(env)
  const cluster = withPathsFrom(cwd, config.cluster)
  const outgoing = new Outgoing([...config.secrets, ...config.cluster.secrets])
  const logger = createLogger(config.logLevel, outgoing, {
    write(line: string) {
      if (line.includes('"Logged in to the cluster"')) logins += 1
      process.stdout.write(line)
    }
  })
  auditPath = cluster.auditFile
  const { timings, ...pauses } = pace === undefined ? searchPauses : pausesAt(pace)
  bridge = await startBridge({
    config,
    logger,
    outgoing,
    cluster: {
      ...(await clusterOptions(cluster)),
      ...pauses
    },
    store: cluster.store,
    tokens: new TokenFile(cluster.tokensFile, logger),
    audit: auditFilesOf(cluster),
    timings,
    // Who soaks counts what is left at the cluster.
    logoutOnClose: pace !== undefined && !isDatabaseAddress(cluster.store)
  })
  if (mutant !== undefined) {
    if (isSoakMutant(mutant)) soakMutants[mutant].apply(bridge.app)
    else mutantNamed(mutant).apply(bridge.app, auditPath)
  }
  process.send?.({ kind: 'listens', url: bridge.url })
}

async function settle(): Promise<void> {
  const { ledger, audit } = bridge?.app ?? {}
  if (ledger === undefined || audit === undefined) return
  const backwards = () => entriesBackwards(auditPath)
  const now = () => new Date(Date.now() + 60_000)
  const left = new LeftWrites({ backwards, ledger, audit, isLedgerKept: true, now })
  await left.enter(await left.find({ unsent: true }))
  await audit.refresh()
  process.send?.({ kind: 'settled' })
}

async function answer(about: Question): Promise<void> {
  if (bridge === undefined) return
  const value = await questions[about](bridge, logins)
  process.send?.({ kind: 'answer', about, value })
}

process.on('message', (message: HostMessage) => {
  if (message.kind === 'start') void start(message)
  else if (message.kind === 'clock') step(message.offsetMs, message.isSet)
  else if (message.kind === 'ask') void answer(message.about)
  else void settle()
})
// A search that was ended leaves nothing behind.
process.once('disconnect', () => process.exit())
process.send?.({ kind: 'loaded' }, () => undefined)
