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
  const upload = (name: string, wait: number) =>
    callTool(bridge.url, 'uploadISO', JSON.stringify({ url: `${files.url}/${name}`, wait }))
  // What the process holds of buffers to be collected is there after an eighth of it.
  const small = await startFileServer(t, 256 * mebibyte)
  await callTool(
    bridge.url,
    'uploadISO',
    JSON.stringify({ url: `${small.url}/small.iso`, wait: 120 })
  )
  const before = memoryOf(bridge.process.pid)
  let highest = before
  const watch = setInterval(() => {
    highest = Math.max(highest, memoryOf(bridge.process.pid))
  }, 50)
  const since = performance.now()
  const response = await upload('large.iso', 300)
  clearInterval(watch)
  const seconds = (performance.now() - since) / 1000
  const rise = (highest - before) / mebibyte
  t.comment(
    `rise ${rise.toFixed(1)} MiB over ${(before / mebibyte).toFixed(0)} MiB, ${seconds.toFixed(1)} s`
  )
  t.match(JSON.stringify(response), /COMPLETE/)
  const iso = [...simulator.world.state.isos.values()].find(({ name }) => name === 'large.iso')
  t.match(iso, { size: bytes, readyForInsert: true })
  t.equal(simulator.world.state.uploads.get(iso?.uuid ?? '')?.sha256, generatedHash(bytes))
  t.ok(rise < 40, `memory rose by ${rise.toFixed(1)} MiB`)
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
