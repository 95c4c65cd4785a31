import * as fc from 'fast-check'
import { anyText, anyValue } from './hostile.ts'

/** Stands for a server outside the cluster, to which no request may be sent. */
export const elsewhere = 'ELSEWHERE'

const prefixes = [
  '',
  '/',
  '//',
  '///',
  '/rest/v1',
  '/rest/v1/',
  'rest/v1/',
  '/rest/v1/../',
  '/rest/v1/..%2f',
  '/REST/V1/',
  '/rest%2fv1/',
  '/../',
  '/./',
  '\\',
  '\\\\',
  '/\\',
  `http://${elsewhere}/`,
  `https://${elsewhere}/rest/v1/`,
  `HTTP://${elsewhere}`,
  `//${elsewhere}/`,
  `/\\${elsewhere}/`,
  `\\\\${elsewhere}\\`,
  `@${elsewhere}/`,
  `/@${elsewhere}/`,
  `:443@${elsewhere}/`,
  `http:/${elsewhere}/`,
  `http:${elsewhere}/`,
  `.${elsewhere}/`,
  'file:///',
  'javascript:',
  ' /',
  '\t/',
  '\r\n/',
  '\u2028/',
  '/\u200b',
  '?',
  '#'
]

const segments = [
  'VirDomain',
  'virdomain',
  'VirDomain ',
  'Node',
  'Cluster',
  'User',
  'login',
  'Login',
  'logout',
  '%6cogin',
  'login%00',
  'ping',
  'TaskTag',
  'update',
  'update_status.json',
  'openapi.json',
  'index.html',
  'action',
  'shutdown',
  '{virDomainUUID}',
  '{uuid}',
  '..',
  '.',
  '...',
  '..;',
  '%2e%2e',
  '%2E.',
  '.%2e',
  '%252e%252e',
  '..%2f',
  '..%5c',
  '%2f',
  '%5c',
  '%00',
  '%0d%0aHost: x',
  '%c0%ae%c0%ae',
  '%uff0e',
  '\u2024\u2024',
  '\uff0e\uff0e',
  '%',
  '%zz',
  '%ff',
  '\0',
  '\r\nX-Injected: 1',
  'a b',
  'ü',
  '\ud800',
  '__proto__',
  'constructor',
  'a'.repeat(5_000),
  '00000000-0000-0000-0000-000000000000'
]

const joins = ['/', '/', '/', '//', '\\', '%2f', '/./', '/../', ';/', '?/', '#/', '']

const queries = [
  '',
  '',
  '?',
  '?a=b',
  '?includeSet=true',
  '?a=../..',
  `?url=http://${elsewhere}/`,
  '?__proto__=1',
  '?constructor=1&constructor=2',
  '?a=%0d%0aX:%201',
  '?a=\r\nX: 1',
  '?a=%',
  '?a=\ud800',
  '?a=b#c',
  '#c',
  '&a=b',
  '?%00',
  `?${'a=b&'.repeat(2_000)}`
]

/** A path as a user might type it to get somewhere else. */
const typedPath = fc
  .tuple(
    fc.constantFrom(...prefixes),
    fc.array(
      fc.tuple(
        fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...segments) }, anyText),
        fc.constantFrom(...joins)
      ),
      { maxLength: 5 }
    ),
    fc.constantFrom(...queries)
  )
  .map(
    ([prefix, parts, query]) =>
      prefix + parts.map(([segment, join]) => segment + join).join('') + query
  )

const methods = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'get') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('OPTIONS', 'HEAD', 'TRACE', 'CONNECT', 'GET /x HTTP/1.1\r\nX:', '')
  }
)

/** Raw calls, checked and unchecked, half of them plain but for what stands at an id. */
export const hostileRawCall: fc.Arbitrary<Record<string, unknown>> = fc
  .record(
    {
      query: fc.oneof(
        { weight: 5, arbitrary: typedPath },
        {
          weight: 2,
          arbitrary: fc
            .tuple(
              fc.constantFrom('/VirDomain', '/Node', '/User', '/ISO', '/VirDomainSnapshot'),
              anyText
            )
            .map(([path, id]) => `${path}/${id}`)
        },
        { weight: 1, arbitrary: anyText }
      ),
      method: methods,
      payload: anyValue,
      validate: fc.boolean()
    },
    { requiredKeys: ['query', 'method'] }
  )
  .filter(({ query }) => !/Cluster\/shutdown/i.test(query))
