// A bridge's ledger in a process of its own, controlled by lines on its stdin. See neighbour.ts.
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { toBridgeError } from '../../../src/lib/errors/errors.ts'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { thisProcess } from '../../../src/lib/process/process-identity.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { HeartbeatFiles } from '../../../src/store/heartbeat-files.ts'
import { Presence } from '../../../src/store/presence.ts'
import type { Order, Report, Start } from './neighbour.ts'

const { folder, timings, identity } = JSON.parse(process.argv[2] ?? '{}') as Start
// As on another machine, or in another container.
Object.assign(thisProcess, identity)

const store = new FileStore(folder)
const presence = new Presence(new HeartbeatFiles(join(folder, 'bridges')), silentLogger, timings)
const ledger = new Ledger({ store, cluster: 'cluster', presence })
const calls = new Calls(ledger)
const report = (line: Report): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
let goOn = (): void => undefined

/** A call that stops before its write, or with it in flight, until it is resumed. */
async function call(key: string, stops: 'before' | 'within'): Promise<void> {
  const { signal } = new AbortController()
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      goOn = resolve
      report({ stopped: key })
    })
  const work = async (): Promise<string> => {
    if (stops === 'before') await stop()
    const write = await ledger.begin({ method: 'POST', path: '/VirDomain' })
    if (stops === 'within') await stop()
    await write.accepted({ taskTag: '', createdUUID: '' })
    return 'done'
  }
  const request = { tool: 'createVM', caller: 'one', args: {}, targets: [], idempotencyKey: key }
  try {
    const result = await calls.run(request, { again: false, idempotent: false, signal }, work)
    report({ called: key, outcome: result.kind })
  } catch (error) {
    report({ called: key, outcome: toBridgeError(error).code })
  }
}

presence.onEnded(() => void ledger.recover())
void presence.start()
createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order
  if (order.do === 'call') void call(order.key, order.stops)
  if (order.do === 'go on') goOn()
  if (order.do === 'ask') report({ asked: presence.hasEnded(order.owner) })
  if (order.do === 'close')
    void presence
      .close()
      .then(() => store.close())
      .then(() => process.exit())
})
await presence.show()
report({ up: { ...thisProcess } })
