import t from 'tap'
import { parseApiPath, parseMethod } from '../../../../src/catalog/call/api-path.ts'

t.test('paths in the forms people write them', async (t) => {
  const forms: [string, string, object][] = [
    ['/VirDomain', '/VirDomain', {}],
    ['VirDomain', '/VirDomain', {}],
    ['/VirDomain/', '/VirDomain', {}],
    ['/rest/v1/VirDomain', '/VirDomain', {}],
    ['rest/v1/VirDomain/', '/VirDomain', {}],
    ['  /VirDomain ', '/VirDomain', {}],
    ['/openapi.json', '/openapi.json', {}],
    ['/Condition/filter?includeSet=true', '/Condition/filter', { includeSet: 'true' }],
    [
      '/Condition/filter?includeTags=a&includeTags=b',
      '/Condition/filter',
      { includeTags: ['a', 'b'] }
    ],
    ['/Condition/.*drive.*', '/Condition/.*drive.*', {}],
    ['/Drive/SAMSUNG_MZ7L31T9_S6', '/Drive/SAMSUNG_MZ7L31T9_S6', {}],
    ['/TimeZone/a b', '/TimeZone/a%20b', {}]
  ]
  for (const [given, path, query] of forms) t.same(parseApiPath(given), { path, query }, given)
})

t.test('paths that would leave /rest/v1', async (t) => {
  const refused = [
    '',
    '/',
    '/rest/v1',
    '..',
    '/../update/update_status.json',
    '/VirDomain/../../support-api/open',
    '/VirDomain/./x',
    '/%2e%2e/x',
    '/VirDomain/%2E%2E/x',
    '/VirDomain%2f..%2fx',
    '/VirDomain%5c..',
    '/%252e%252e/x',
    '//evil.example/x',
    '/VirDomain//x',
    '@evil.example/x',
    '/x@evil.example',
    '\\\\evil.example',
    '/VirDomain\\..\\x',
    'https://evil.example/x',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '/VirDomain\r\nX-Evil: 1',
    '/VirDomain\n',
    '/VirDomain%0d%0aX-Evil: 1',
    '/VirDomain\u0000',
    '/VirDomain%00',
    '/VirDomain#x',
    '/VirDomain?a=%0d%0ab',
    '/VirDomain?a=b#c',
    '/VirDomain/%zz',
    '/rest/v2/TaskTag',
    '/rest',
    '/VirDomain/{virDomainUUID}',
    '/VirDomain/\u2025',
    '/VirDomain/<x>'
  ]
  for (const given of refused)
    t.throws(() => parseApiPath(given), { code: 'PATH_REFUSED' }, JSON.stringify(given))
})

t.test('a placeholder is named', async (t) => {
  t.throws(() => parseApiPath('/VirDomain/{virDomainUUID}'), {
    message: /placeholder \{virDomainUUID\}/
  })
})

t.test('methods in any case', async (t) => {
  t.equal(parseMethod('get'), 'GET')
  t.equal(parseMethod(' Patch '), 'PATCH')
  t.throws(() => parseMethod('FETCH'), { code: 'INVALID_ARGUMENT', message: /GET, POST/ })
})
