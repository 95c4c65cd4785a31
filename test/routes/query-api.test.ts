import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import {
  describeOperation,
  type FoundOperation
} from '../../src/catalog/search/describe-operation.ts'
import type { DetailedOperation } from '../../src/catalog/search/operation-detail.ts'
import { loadCatalog } from '../../src/catalog/load.ts'
import { CatalogSearch } from '../../src/catalog/search/search.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { startTestBridge } from '../helper/bridge.ts'

const contract = ['path', 'method', 'description', 'request_body', 'response']

t.test('query_api', async (t) => {
  const bridge = await startTestBridge(t)
  const ask = async (body: Record<string, unknown>) => (await bridge.call('query_api', body)).body
  const find = async (query: string, limit?: number): Promise<FoundOperation[]> =>
    (await ask({ query, limit })).available_paths

  await t.test(
    'answers the five keys of each operation, best first, five by default',
    async (t) => {
      const found = await find('/VirDomainSnapshot')
      t.equal(found.length, 5)
      for (const operation of found)
        for (const key of contract) t.ok(key in operation, `${operation.path} ${key}`)
      t.match(found[0], { path: '/VirDomainSnapshot', method: /^(GET|POST)$/ })
    }
  )

  await t.test(
    'a body shows what can be sent, required fields first, and an example',
    async (t) => {
      const [create] = await find('create user', 3)
      t.match(create, { path: '/User', method: 'POST', effect: 'control' })
      t.match(create?.request_body, { username: 'string, required' })
      t.equal(Object.keys(create?.request_body ?? {})[0], 'username')
      t.notOk('uuid' in (create?.request_body ?? {}), 'no read-only field')
      t.match(create?.example, { username: /./ })
    }
  )

  await t.test('an array body, its words and the tool to prefer', async (t) => {
    const [action] = await find('power off a VM')
    t.match(action, {
      path: '/VirDomain/action',
      effect: 'change or interrupt',
      tool: 'changeVM_state',
      request_body: { '[].virDomainUUID': 'string, required', '[].actionType': /START \| SHUTDOWN/ }
    })
  })

  await t.test('units, records inside, and the fields a question asks for', async (t) => {
    const [patch] = await find('change the memory of a vm')
    t.equal(patch?.request_body?.['mem'], 'integer (bytes)')
    t.match(patch?.request_body?.['…'], /^\d+ more: query_api with detail "full"/)
    const [affinity] = await find('set the affinityStrategy of a vm')
    t.match(affinity?.request_body?.['affinityStrategy'], /^object \{.*preferredNodeUUID: string/)
  })

  await t.test('query parameters, answers, and calls without a body', async (t) => {
    const [filter] = await find('GET /Condition/filter')
    t.match(filter, { request_body: null, response: /^array of \{name, / })
    t.match(filter?.query_parameters, {
      includeSet: 'boolean',
      modifiedWithin: 'integer (seconds)'
    })
    t.equal((await find('POST /logout'))[0]?.response, null)
  })

  await t.test('what run_api cannot do is said', async (t) => {
    t.match((await find('progress of the system update'))[0]?.note, /outside \/rest\/v1/)
    t.match((await find('PUT /ISO/{uuid}/data'))[0]?.note, /takes a file/)
    t.match((await find('POST /login'))[0]?.note, /bridge holds the session/)
  })

  await t.test('detail full tells everything about the best one alone', async (t) => {
    const { available_paths } = (await ask({
      query: 'create a vm',
      detail: 'full',
      limit: 9
    })) as { available_paths: DetailedOperation[] }
    t.equal(available_paths.length, 1)
    const [create] = available_paths
    t.match(create, { path: '/VirDomain', method: 'POST', errors: { 400: /./ } })
    t.match(create?.request_body, {
      dom: /required/,
      'dom.mem': /^integer \(bytes\)/,
      'dom.blockDevs[].capacity': /required/
    })
    t.notOk('dom.uuid' in (create?.request_body ?? {}))
    t.match(create?.response_fields, { taskTag: /^string/ })
    const full = (await ask({ query: '/VirDomain/action', detail: 'full' })).available_paths[0]
    t.ok(full.quirks.includes('array-body'))
  })

  await t.test('finding nothing is not an error, and the response names entities', async (t) => {
    for (const query of ['quux', 'the of and', '???', '.*(+[', 'список машин', 'q'.repeat(500)]) {
      const none = await bridge.call('query_api', { query })
      t.equal(none.status, 200, query)
      t.same(none.body.available_paths, [])
      t.match(none.body.hint, /VirDomain, /)
    }
  })

  await t.test('arguments are checked', async (t) => {
    for (const body of [{}, { query: '' }, { query: 'x'.repeat(501) }, { query: 'vm', limit: 0 }])
      t.equal((await bridge.call('query_api', body)).status, 400)
    t.equal((await bridge.call('query_api', { query: 'vm', detail: 'long' })).status, 400)
    const blank = await bridge.call('query_api', { query: '   ' })
    t.equal(blank.status, 400)
    t.match(JSON.stringify(blank.body), /query must not be blank/)
  })
})

t.test('a whole answer stays under 1,200 tokens', async (t) => {
  const catalog = loadCatalog()
  const search = new CatalogSearch(catalog)
  const questions = JSON.parse(
    readFileSync(join(packageRoot, 'test/eval/questions.json'), 'utf8')
  ) as { query: string }[]
  let max = 0
  for (const { query } of questions) {
    const available_paths = search
      .search(query)
      .map(({ operation }, at) => describeOperation(catalog, operation, query, { best: at === 0 }))
    const tokens = encode(JSON.stringify({ available_paths })).length
    if (tokens >= 1200) t.fail(`${query}: ${tokens} tokens`)
    max = Math.max(max, tokens)
  }
  t.ok(max > 300 && max < 1200, `${max} tokens at most`)
})
