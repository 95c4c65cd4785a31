import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { generatedHash, startFileServer } from '../helper/file-server.ts'
import { until } from '../helper/simulator.ts'
import { startSpawnedCli } from '../helper/spawn-cli.ts'
import { callTool, envFor, simulatorFor } from '../src/cli/served.ts'

const mebibyte = 2 ** 20

async function serve(t: Test, cwd: string) {
  const bridge = startSpawnedCli(t, ['serve'], { cwd })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  return Object.assign(bridge, { url })
}

/** Memory of a process in bytes, as the kernel counts it. */
function memoryOf(pid: number | undefined): number {
  const [, kibibytes = '0'] =
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

t.test('2 GiB go through in constant memory, from an address', async (t) => {
  const bytes = 2 * 1024 * mebibyte
  const files = await startFileServer(t, bytes)
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0', IMPORT_SOURCES: '127.0.0.1' }) })
  const bridge = await serve(t, cwd)
  /** Uploads, and measures the most memory that the bridge had meanwhile, in MiB. */
  async function measure(url: string) {
    let peak = 0
    const watch = setInterval(() => {
      peak = Math.max(peak, memoryOf(bridge.process.pid) / mebibyte)
    }, 50)
    const since = performance.now()
    const response = await callTool(bridge.url, 'uploadISO', JSON.stringify({ url, wait: 300 }))
    clearInterval(watch)
    return { response, peak, seconds: (performance.now() - since) / 1000 }
  }
  // A process takes memory for its buffers with the first files and keeps it. What grows with the bytes
  // shows after them: it would double from half the file to the whole.
  const idle = memoryOf(bridge.process.pid) / mebibyte
  const half = await startFileServer(t, bytes / 2)
  await measure(`${half.url}/before.iso`)
  const first = await measure(`${half.url}/half.iso`)
  const { response, peak, seconds } = await measure(`${files.url}/large.iso`)
  const rise = peak - first.peak
  t.comment(
    `idle ${idle.toFixed(0)} MiB, at most ${first.peak.toFixed(0)} with 1 GiB and ${peak.toFixed(0)} with 2 GiB, ${seconds.toFixed(1)} s`
  )
  t.match(JSON.stringify(response), /COMPLETE/)
  const iso = [...simulator.world.state.isos.values()].find(({ name }) => name === 'large.iso')
  t.match(iso, { size: bytes, readyForInsert: true })
  t.equal(simulator.world.state.uploads.get(iso?.uuid ?? '')?.sha256, generatedHash(bytes))
  t.ok(rise < 40, `twice the bytes took ${rise.toFixed(1)} MiB more`)
})

t.test('kill -9 in the middle: the next call says so, and fills what was left', async (t) => {
  const bytes = 8 * mebibyte
  const files = await startFileServer(t, bytes)
  const simulator = await simulatorFor(t)
  const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0', IMPORT_SOURCES: '127.0.0.1' }) })
  const first = await serve(t, cwd)
  const args = { url: `${files.url}/left.iso`, wait: 60 }
  simulator.faults.add({ kind: 'slow-upload', ms: 2000, times: 1 })
  const call = callTool(first.url, 'uploadISO', JSON.stringify(args))
  call.catch(() => undefined)
  const isoLeft = () =>
    [...simulator.world.state.isos.values()].find(({ name }) => name === 'left.iso')
  await until(() => isoLeft() !== undefined)
  await sleep(500)
  await first.stop('SIGKILL')
  const second = await serve(t, cwd)
  const said = JSON.stringify(await callTool(second.url, 'uploadISO', JSON.stringify(args)))
  t.match(said, /begun .* by a bridge that ended in the middle of it/)
  const again = JSON.stringify({ ...args, again: true })
  t.match(JSON.stringify(await callTool(second.url, 'uploadISO', again)), /COMPLETE/)
  t.match(isoLeft(), { size: bytes, readyForInsert: true })
  t.equal(
    [...simulator.world.state.isos.values()].filter(({ name }) => name === 'left.iso').length,
    1
  )
})
