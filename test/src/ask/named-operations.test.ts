import t from 'tap'
import { namedOperations } from '../../../src/ask/named-operations.ts'
import { nameOf } from '../../../src/catalog/operation-name.ts'
import { loadCatalog } from '../../../src/catalog/load.ts'
import { operationIn } from '../../helper/operations.ts'

const catalog = loadCatalog()

const given = [
  'POST /VirDomain/action',
  'GET /VirDomain',
  'POST /VirDomain',
  'PATCH /VirDomain/{virDomainUUID}',
  'POST /VirDomain/{virDomainUUID}/clone',
  'GET /Condition/filter'
].map((name) => operationIn(catalog, name))

/** What an answer names, `!` before what is unknown. */
function named(answer: string): string[] {
  const { operations, unknown } = namedOperations(catalog, given, answer)
  return [...operations.map(nameOf), ...unknown.map((name) => `!${name}`)]
}

t.test('the ways models write an operation', async (t) => {
  const action = 'POST /VirDomain/action'
  const clone = 'POST /VirDomain/{virDomainUUID}/clone'
  const change = 'PATCH /VirDomain/{virDomainUUID}'
  const cases: [string, string[]][] = [
    ['Use POST /VirDomain/action.', [action]],
    ['Use `POST /VirDomain/action`, then wait.', [action]],
    ['**POST** `/VirDomain/action`:', [action]],
    ['Send a POST request to /VirDomain/action', [action]],
    ['POST: /rest/v1/VirDomain/action/', [action]],
    ['curl -X POST "https://10.0.0.1:8443/rest/v1/VirDomain/action" -d', [action]],
    ['curl -X POST $HOST/rest/v1/VirDomain/action', [action]],
    ['curl -X POST https://<node>/rest/v1/VirDomain/action', [action]],
    ['`/VirDomain/action` (POST)', [action]],
    ['call /VirDomain/action with POST', [action]],
    ['| POST | `/VirDomain/action` |', [action]],
    ['| /VirDomain/action | POST |', [action]],
    ['[call](/VirDomain/action)', [action]],
    ['{"method": "GET", "path": "/VirDomain"}', ['GET /VirDomain']],
    ['run_api {"query": "/VirDomain", "method": "GET"}', ['GET /VirDomain']],
    ['the /VirDomain/action endpoint', [action]],
    ['POST /VirDomain/{uuid}/clone', [clone]],
    ['POST /VirDomain/<uuid>/clone', [clone]],
    ['PATCH /VirDomain/:uuid', [change]],
    ['PATCH /VirDomain/<uuid>.', [change]],
    ['PATCH /VirDomain/4c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a30', [change]],
    ['GET /Condition/filter?includeSet=true', ['GET /Condition/filter']],
    ['First GET /VirDomain, then POST /VirDomain/action', [action, 'GET /VirDomain']],
    ['/VirDomain, POST /VirDomain/action', [action]],
    ['/VirDomain (GET) and /VirDomain/action', [action, 'GET /VirDomain']],
    ['POST /VirDomain/action or POST /VirDomain/action', [action]]
  ]
  for (const [answer, expected] of cases) t.same(named(answer), expected, answer)
})

t.test('what is not an operation', async (t) => {
  const cases = [
    'and/or, I/O, 24/7, km/h',
    'look into /etc/hosts or /var/log',
    'see https://example.com/docs/page',
    'GET the VM first. Then look at /dev/sda',
    'the path /VirDomain alone may be either',
    'it is https://10.0.0.1',
    ''
  ]
  for (const answer of cases) t.same(named(answer), [], answer)
})

t.test('what the API does not have', async (t) => {
  const cases: [string, string[]][] = [
    ['POST /VirDomain/start', ['!POST /VirDomain/start']],
    [
      'POST /VirDomain/{uuid}/start twice: POST /VirDomain/{uuid}/start',
      ['!POST /VirDomain/{uuid}/start']
    ],
    ['DELETE /VirDomain', ['!DELETE /VirDomain']],
    ['GET /vms', ['!GET /vms']],
    ['/VirDomain/{uuid}/power/off', ['!/VirDomain/{uuid}/power/off']],
    ['/rest/v1/vm', ['!/vm']],
    ['GET /virdomain', ['!GET /virdomain']]
  ]
  for (const [answer, expected] of cases) t.same(named(answer), expected, answer)
})

t.test('an operation that exists, but was not given, is neither', async (t) => {
  t.same(named('GET /Node'), [])
})
