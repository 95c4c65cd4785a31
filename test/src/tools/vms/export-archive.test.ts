import t from 'tap'
import {
  forCluster,
  importPlace,
  newExportTarget,
  newStamp,
  requireFileName
} from '../../../../src/tools/vms/export-archive.ts'

const login = 'CORP;backup:p@ss:word'
const archive = { address: 'smb://archive.example/exports', login }
const folder = 'smb://archive.example/exports/web-01-20261122-102030'

const now = new Date('2026-11-22T10:20:30.400Z')

t.test('a new export has a folder of its own', async (t) => {
  const place = newExportTarget(archive, 'web-01', newStamp(now))
  t.match(place, { login, definitionFileName: 'web-01.xml' })
  t.match(
    forCluster(place),
    /^smb:\/\/CORP;backup:p@ss:word@archive\.example\/exports\/web-01-20261122-102030-[0-9a-f]{8}$/
  )
  const odd = newExportTarget(archive, '../x y/\u00fc', newStamp(now))
  t.match(
    odd.address,
    /\/exports\/__x_y_u-20261122-102030-[0-9a-f]{8}$/,
    'no step of its own making'
  )
})

t.test('no two exports share a folder, whatever the names are', async (t) => {
  const names = [
    'app 01',
    'app/01',
    'App-01',
    'app-01',
    '\u0441\u0435\u0440\u0432\u0435\u0440',
    '\u30b5\u30fc\u30d0',
    'CON',
    'x'.repeat(255),
    '...'
  ]
  const places = [...names, ...names].map((name) => newExportTarget(archive, name, newStamp(now)))
  t.equal(new Set(places.map(({ address }) => address.toLowerCase())).size, places.length)
  for (const { address, definitionFileName } of places) {
    const folder = address.slice(archive.address.length + 1)
    t.match(folder, /^[A-Za-z0-9._-]{1,120}$/)
    t.match(definitionFileName, /^[A-Za-z0-9_][A-Za-z0-9._-]{0,90}\.xml$/)
    t.notMatch(definitionFileName, /^con\./i, 'no device of Windows')
  }
})

t.test('an import from the own archive gets its login', async (t) => {
  for (const given of [
    folder,
    folder.replace('://', '://***@'),
    folder.replace('://', '://CORP;backup:***@'),
    folder.replace('archive.example', 'ARCHIVE.example'),
    'web-01-20261122-102030',
    '/web-01-20261122-102030',
    '\\web-01-20261122-102030'
  ])
    t.same(importPlace(given, archive), { address: folder, login }, given)
})

t.test('the login goes nowhere else', async (t) => {
  for (const elsewhere of [
    'smb://evil.example/exports/x',
    'smb://archive.example/other/x',
    'smb://archive.example/exports-evil/x',
    'https://archive.example/exports/x'
  ])
    t.same(importPlace(elsewhere, archive), { address: elsewhere, login: '' })
  t.same(importPlace('smb://u:p@archive.example/exports/x', archive), {
    address: 'smb://archive.example/exports/x',
    login: 'u:p'
  })
  t.same(importPlace('smb://archive.example/exports/x', undefined), {
    address: 'smb://archive.example/exports/x',
    login: ''
  })
})

t.test('no step leads out of the archive', async (t) => {
  for (const given of [
    '../other',
    'x/../../y',
    'a\\..\\b',
    '%2e%2e/other',
    'x/%252e%252e%2fother',
    `${archive.address}/../other`,
    `${archive.address}/%2E%2E/other`,
    'smb://archive.example/exports2/../exports/x',
    './x'
  ])
    t.throws(() => importPlace(given, archive), {
      code: 'INVALID_ARGUMENT',
      message: /must not hold \. or \.\. as a step: name the folder itself/
    })
})

t.test('the login of another server is not shown', async (t) => {
  const foreign = 'smb://u@corp.local:CANARY imp/1@nas.example/share/x'
  t.same(importPlace(foreign, archive), {
    address: 'smb://nas.example/share/x',
    login: 'u@corp.local:CANARY imp/1'
  })
  t.equal(forCluster(importPlace(foreign, archive)), foreign)
})

t.test('the login is not sent to what stands behind an @', async (t) => {
  for (const given of [
    'x@evil.example/share',
    'x%40evil.example/share',
    '\\\\@evil.example\\share'
  ])
    t.throws(() => importPlace(given, archive), {
      code: 'INVALID_ARGUMENT',
      message: /must not hold @ where it names a folder of the archive/
    })
})

t.test('a definition lies in the folder that is named', async (t) => {
  for (const name of ['../x.xml', 'a/b.xml', 'a\\b.xml', '%2e%2e%2fx.xml', '..', 'a\n.xml'])
    t.throws(() => requireFileName(name), { code: 'INVALID_ARGUMENT' }, name)
  requireFileName('web 01..v2.xml')
})
