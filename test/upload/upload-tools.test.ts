import { createServer } from 'node:https'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { createCertificate } from '../../src/simulator/certificate.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { generatedHash, startFileServer } from '../helper/file-server.ts'

const bytes = 5 * 2 ** 20 + 7
const hash = generatedHash(bytes)

async function start(t: Parameters<typeof startTestBridge>[0], config = {}) {
  const files = await startFileServer(t, bytes)
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1, speed: 300 },
    config: { importSources: ['127.0.0.1', 'localhost'], ...config }
  })
  return { files, bridge, state: bridge.simulator.world.state }
}

const isoNamed = ({ simulator }: TestBridge, name: string) =>
  [...simulator.world.state.isos.values()].find((iso) => iso.name === name)

t.test('an ISO comes from an address and is ready', async (t) => {
  const { files, bridge, state } = await start(t)
  const { status, body } = await bridge.call('uploadISO', {
    url: `${files.url}/pub/debian-13.iso?key=1`,
    sha256: hash.toUpperCase(),
    wait: 60
  })
  t.equal(status, 200, JSON.stringify(body))
  t.match(body, {
    state: 'COMPLETE',
    progressPercent: 100,
    name: 'debian-13.iso',
    bytes,
    sha256: hash,
    message: `ISO "debian-13.iso" is there: 5 MiB, SHA-256 ${hash}`
  })
  t.match(isoNamed(bridge, 'debian-13.iso'), {
    uuid: body.createdUUID,
    size: bytes,
    readyForInsert: true
  })
  t.same(state.uploads.get(body.createdUUID), { bytes, sha256: hash })
  const again = await bridge.call('uploadISO', {
    url: `${files.url}/pub/debian-13.iso?key=1`,
    sha256: hash.toUpperCase()
  })
  t.match(again.body, {
    state: 'COMPLETE',
    message: /is not repeated: ISO "debian-13\.iso" is there/
  })
  const other = await bridge.call('uploadISO', { url: `${files.url}/other/DEBIAN-13.iso` })
  t.match(other.body, {
    error: { code: 'ILLEGAL_STATE', message: /already an ISO "debian-13\.iso"/ }
  })
  t.equal(files.asked.length, 1, 'nobody asks for a file that is not taken')

  const entries = bridge.app.audit.recent()
  const sent = entries.find(({ path }) => String(path).endsWith('/data'))
  t.match(sent, {
    tool: 'uploadISO',
    effect: 'egress',
    body: { bytes, sha256: hash, from: `${files.url}/pub/debian-13.iso` }
  })
  t.match(
    entries.find(({ write, sha256 }) => write === sent?.['id'] && sha256 !== undefined),
    { state: 'COMPLETE', sha256: hash }
  )
})

t.test('a disk image comes, and is waited for until it is converted', async (t) => {
  const { files, bridge, state } = await start(t)
  const { body } = await bridge.call('uploadDisk', {
    url: `${files.url}/cloud.img`,
    name: 'ubuntu',
    wait: 60
  })
  t.match(body, { state: 'COMPLETE', name: 'ubuntu.img', sha256: hash })
  t.equal(state.virtualDisks.get(body.createdUUID)?.name, 'ubuntu.img')
  t.same(state.uploads.get(body.createdUUID), { bytes, sha256: hash })
})

t.test('what breaks off leaves nothing, and can be tried again', async (t) => {
  const { files, bridge, state } = await start(t)
  const isos = state.isos.size
  const disks = state.virtualDisks.size
  const iso = { url: `${files.url}/a.iso`, wait: 60 }
  const disk = { url: `${files.url}/a.qcow2`, wait: 60 }
  const failing = async (tool: string, args: object, message: RegExp): Promise<void> => {
    const { body } = await bridge.call(tool, args)
    t.match(body, { state: 'ERROR', createdUUID: '', message }, JSON.stringify(body))
    t.equal(state.isos.size, isos, 'no half ISO')
    t.equal(state.virtualDisks.size, disks, 'no half disk image')
  }
  for (const [tool, args] of [
    ['uploadISO', iso],
    ['uploadDisk', disk]
  ] as const) {
    bridge.simulator.faults.add({ kind: 'cut-upload', bytes: 2 ** 21, times: 1 })
    await failing(tool, args, /^Upload of .* failed after .* of 5 MiB: .*closed the connection/)
    files.cutAfter(64 * 1024, 99)
    await failing(tool, args, /failed after .*: url: the server of .* broke its response off/)
    files.cutAfter(0, 0)
    await failing(tool, { ...args, sha256: '0'.repeat(64) }, /The SHA-256 of what came is /)
  }
  bridge.simulator.faults.add({ kind: 'html-502', method: 'PUT', times: 1 })
  await failing('uploadISO', iso, /front server/)
  for (const [tool, args] of [
    ['uploadISO', { ...iso, again: true }],
    ['uploadDisk', disk]
  ] as const) {
    const { body } = await bridge.call(tool, args)
    t.match(body, { state: 'COMPLETE', sha256: hash }, `${tool} ${JSON.stringify(body)}`)
  }
})

t.test('a source that breaks off is taken up where it was', async (t) => {
  const { files, bridge, state } = await start(t)
  files.cutAfter(2 ** 20, 3)
  const { body } = await bridge.call('uploadISO', { url: `${files.url}/b.iso`, wait: 60 })
  t.match(body, { state: 'COMPLETE', sha256: hash })
  t.equal(state.uploads.get(body.createdUUID)?.sha256, hash)
  t.ok(files.asked.filter((line) => / bytes=\d+-$/.test(line)).length >= 3)
})

t.test('the session that has ended is renewed before the first byte', async (t) => {
  const { files, bridge } = await start(t)
  bridge.simulator.faults.add({ kind: 'drop-sessions', method: 'GET', path: '/Cluster', times: 1 })
  const { body } = await bridge.call('uploadISO', { url: `${files.url}/s.iso`, wait: 60 })
  t.match(body, { state: 'COMPLETE' }, JSON.stringify(body))
})

t.test('bad addresses are refused, redirects too', async (t) => {
  const { files, bridge, state } = await start(t, { importSources: ['http://127.0.0.1/none'] })
  const inside = await start(t, { importSources: ['*'] })
  const port = files.url.split(':').at(-1)
  const isos = state.isos.size
  const listed = await startTestBridge(t, {
    simulator: { nodes: 1, speed: 300 },
    config: { importSources: [`${files.url}/ok`, 'localhost'] }
  })
  const { certificate: cert, privateKey: key } = await createCertificate('localhost', [])
  const selfSigned = createServer({ cert, key })
  await new Promise<void>((resolve) => selfSigned.listen(0, '127.0.0.1', resolve))
  t.teardown(() => selfSigned.close())
  const tlsPort = (selfSigned.address() as AddressInfo).port
  files.answer = (request, response) => {
    const [, to] = /to=(.*)$/.exec(request.url ?? '') ?? []
    if (to !== undefined) {
      response.writeHead(302, { location: decodeURIComponent(to) }).end()
      return true
    }
    if (request.url?.endsWith('page.iso') === true) {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': 4 }).end('page')
      return true
    }
    if (request.url?.endsWith('gone.iso') === true) {
      response.writeHead(404).end('no')
      return true
    }
    if (request.url?.endsWith('chunked.iso') === true) {
      response.writeHead(200).end('no length')
      return true
    }
    return false
  }
  const redirect = (to: string): string => `${files.url}/ok/a.iso?to=${encodeURIComponent(to)}`
  const cases: [TestBridge, object, string, RegExp][] = [
    [bridge, { url: `${files.url}/a.iso` }, 'TARGET_REFUSED', /IMPORT_SOURCES/],
    [inside.bridge, { url: `${files.url}/a.iso` }, 'TARGET_REFUSED', /private address/],
    [inside.bridge, { url: `http://localhost:${port}/a.iso` }, 'TARGET_REFUSED', /private address/],
    [listed, { url: `${files.url}/other/a.iso` }, 'TARGET_REFUSED', /IMPORT_SOURCES/],
    [listed, { url: `${files.url}/ok/../other/a.iso` }, 'TARGET_REFUSED', /IMPORT_SOURCES/],
    [
      listed,
      { url: redirect(`${files.url}/other/a.iso`) },
      'TARGET_REFUSED',
      /to which .* redirects/
    ],
    [listed, { url: redirect('http://images.example/a.iso') }, 'INVALID_ARGUMENT', /not an https/],
    [listed, { url: redirect('ftp://x/a.iso') }, 'INVALID_ARGUMENT', /not an https/],
    [
      listed,
      { url: redirect(redirect(redirect(redirect(redirect(redirect(redirect('/x'))))))) },
      'INVALID_ARGUMENT',
      /redirects more than 5/
    ],
    [listed, { url: `${files.url}/ok/page.iso` }, 'INVALID_ARGUMENT', /is a web page/],
    [listed, { url: `${files.url}/ok/gone.iso` }, 'INVALID_ARGUMENT', /returned 404/],
    [listed, { url: `${files.url}/ok/chunked.iso` }, 'INVALID_ARGUMENT', /how long the file is/],
    [listed, { url: 'http://images.example/a.iso' }, 'INVALID_ARGUMENT', /not an https/],
    [listed, { url: 'a.iso' }, 'INVALID_ARGUMENT', /not an https/],
    [listed, { url: `https://u:p@localhost/a.iso` }, 'INVALID_ARGUMENT', /no login/],
    [listed, { url: `https://localhost:${tlsPort}/a.iso` }, 'INVALID_ARGUMENT', /certificate/],
    [listed, { url: 'http://localhost:1/a.iso' }, 'INVALID_ARGUMENT', /refused the connection/],
    [listed, { url: `${files.url}/ok/a.img` }, 'INVALID_ARGUMENT', /uploadDisk takes it/],
    [listed, { url: `${files.url}/ok/a.iso`, name: '../x' }, 'INVALID_ARGUMENT', /name of a file/],
    [listed, { url: `${files.url}/ok/a.iso`, sha256: 'abc' }, 'INVALID_ARGUMENT', /64 hexadecimal/]
  ]
  for (const [at, args, code, message] of cases) {
    const { body } = await at.call('uploadISO', args)
    t.match(body, { error: { code, message } }, `${JSON.stringify(args)} ${JSON.stringify(body)}`)
  }
  t.equal(state.isos.size, isos)
  t.match((await listed.call('uploadISO', { url: redirect('/ok/b.iso'), wait: 60 })).body, {
    state: 'COMPLETE',
    name: 'a.iso'
  })
})

t.test('what may not be sent is refused before the first byte', async (t) => {
  const { files, bridge, state } = await start(t, { readOnly: true })
  const args = { url: `${files.url}/a.iso` }
  t.match((await bridge.call('uploadISO', args)).body, { error: { code: 'READ_ONLY' } })
  const limited = await start(t, { tokenScope: ['read', 'operate'] })
  t.match((await limited.bridge.call('uploadISO', { url: `${limited.files.url}/a.iso` })).body, {
    error: { code: 'SCOPE_REQUIRED' }
  })
  t.same([...files.asked, ...limited.files.asked], [], 'nobody asked for the file')
  const full = await start(t)
  for (const drive of full.state.drives.values()) drive.usedBytes = drive.capacityBytes
  t.match((await full.bridge.call('uploadISO', { url: `${full.files.url}/a.iso` })).body, {
    error: { code: 'ILLEGAL_STATE', message: /raw drive space left/ }
  })
  t.equal([...full.state.isos.values()].filter(({ name }) => name === 'a.iso').length, 0)
  t.equal([...state.isos.values()].filter(({ name }) => name === 'a.iso').length, 0)
})

t.test('one approval for the whole upload, which a person gives', async (t) => {
  const { files, bridge } = await start(t, { approval: 'lose' })
  const args = { url: `${files.url}/p.iso`, wait: 60 }
  const dry = await bridge.call('uploadISO', { ...args, dry_run: true })
  t.match(dry.body, {
    sent: false,
    dry_run: { requests: [{ method: 'POST' }, { body: { bytes } }, { method: 'PATCH' }] }
  })
  const asked = await bridge.call('uploadISO', { url: `${files.url}/p.iso` })
  t.match(asked.body, { error: { code: 'APPROVAL_REQUIRED' } })
  t.equal(isoNamed(bridge, 'p.iso'), undefined, 'not even the record is there')
})

t.test('it continues without its caller, and the same call reports it', async (t) => {
  const { files, bridge } = await start(t)
  bridge.simulator.faults.add({ kind: 'slow-upload', ms: 100, times: 1 })
  const args = { url: `${files.url}/slow.iso` }
  const first = await bridge.call('uploadISO', { ...args, wait: 0.2 })
  t.match(first.body, {
    state: 'RUNNING',
    message: /It continues by itself: call uploadISO again/
  })
  const second = await bridge.call('uploadISO', { ...args, wait: 60 })
  t.match(second.body, { state: 'COMPLETE', notes: [/already/] })
  t.equal(files.asked.length, 1)
})

t.test('a bridge that stops in the middle takes away what it has begun', async (t) => {
  const { files, bridge, state } = await start(t)
  bridge.simulator.faults.add({ kind: 'slow-upload', ms: 2000, times: 1 })
  const isos = state.isos.size
  await bridge.call('uploadISO', { url: `${files.url}/stop.iso`, wait: 0 })
  t.equal(state.isos.size, isos + 1)
  await bridge.close()
  t.equal(state.isos.size, isos)
})
