import t from 'tap'
import { fuzz, isWithinApi } from './fuzz.ts'

t.test('what leads out of the API is seen', async (t) => {
  for (const target of [
    '/',
    '/rest/v1',
    '/rest/v2/VirDomain',
    '/rest/v1/../../etc/passwd',
    '/rest/v1/%2e%2E/x',
    '/rest/v1/a/./b',
    '/rest/v1//host/x',
    '/rest/v1/..%2fx',
    '/rest/v1/a\\b',
    '/rest/v1/a%00b',
    '/rest/v1/a%0d%0aHost:x',
    '/rest/v1/ü',
    '/update/other.json'
  ])
    t.notOk(isWithinApi(target), target)
  for (const target of [
    '/rest/v1/VirDomain',
    '/rest/v1/VirDomain/x%20y?a=..%2f',
    '/update/update_status.json'
  ])
    t.ok(isWithinApi(target), target)
})

t.test('no arguments and no path make the bridge fail, or send what it should not', async (t) => {
  t.setTimeout(300_000)
  const report = await fuzz({ seed: Date.now() % 1_000_000, seconds: 60 })
  t.comment(JSON.stringify({ ...report, violations: report.violations.length }))
  t.same(report.violations, [])
  t.ok(report.runs > 50, `${report.runs} runs`)
  t.ok(report.upstream > 50, 'some calls reach the cluster')
  t.ok(report.writes > 0, 'and write')
  t.ok((report.statuses['200'] ?? 0) > 10, 'some succeed')
  t.ok((report.statuses['400'] ?? 0) > 10, 'some are refused')
})
