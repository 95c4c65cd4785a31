import t from 'tap'
import { importUri, newArchivePlace } from '../../../src/tools/export-archive.ts'

const archive = 'smb://CORP;backup:p@ss:word@archive.example/exports'

t.test('a new export has a folder of its own', async (t) => {
  const now = new Date('2026-11-22T10:20:30.400Z')
  t.same(newArchivePlace(archive, 'web-01', now), {
    pathURI: `${archive}/web-01-20261122-102030`,
    shown: 'smb://CORP;backup:***@archive.example/exports/web-01-20261122-102030',
    definitionFileName: 'web-01.xml'
  })
  const odd = newArchivePlace(archive, '../x y/ü', now)
  t.match(odd.pathURI, /\/exports\/_\.?_?x_y_-20261122-102030$/, 'no step of its own making')
})

t.test('an import from the own archive gets its login', async (t) => {
  const full = `${archive}/web-01-20261122-102030`
  t.equal(
    importUri('smb://CORP;backup:***@archive.example/exports/web-01-20261122-102030', archive),
    full
  )
  t.equal(importUri('smb://archive.example/exports/web-01-20261122-102030', archive), full)
  t.equal(importUri('web-01-20261122-102030', archive), full)
})

t.test('the login goes nowhere else', async (t) => {
  for (const elsewhere of [
    'smb://evil.example/exports/x',
    'smb://archive.example/other/x',
    'smb://archive.example/exports-evil/x',
    'https://archive.example/exports/x',
    'smb://u:p@archive.example/exports/x'
  ])
    t.equal(importUri(elsewhere, archive), elsewhere)
  t.equal(
    importUri('smb://archive.example/exports/x', undefined),
    'smb://archive.example/exports/x'
  )
})
