import t from 'tap'
import { forCluster, importPlace, newArchivePlace } from '../../../src/tools/export-archive.ts'

const login = 'CORP;backup:p@ss:word'
const archive = { address: 'smb://archive.example/exports', login }
const folder = 'smb://archive.example/exports/web-01-20261122-102030'

t.test('a new export has a folder of its own', async (t) => {
  const now = new Date('2026-11-22T10:20:30.400Z')
  const place = newArchivePlace(archive, 'web-01', now)
  t.same(place, { address: folder, login, definitionFileName: 'web-01.xml' })
  t.equal(forCluster(place), `smb://${login}@archive.example/exports/web-01-20261122-102030`)
  const odd = newArchivePlace(archive, '../x y/ü', now)
  t.match(odd.address, /\/exports\/_\.?_?x_y_-20261122-102030$/, 'no step of its own making')
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
  for (const given of ['../other', 'x/../../y', 'a\\..\\b', `${archive.address}/../other`, './x'])
    t.throws(() => importPlace(given, archive), {
      code: 'INVALID_ARGUMENT',
      message: /must not hold \. or \.\. as a step: name the folder/
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
