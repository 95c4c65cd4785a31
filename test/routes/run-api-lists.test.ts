import t from 'tap'
import { estimateTokens } from '../../src/views/text/token-estimate.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const list = { query: '/VirDomain', method: 'GET' }

t.test('run_api shows a part of a list', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 60 } })

  await t.test('fields and limit', async (t) => {
    const args = { ...list, fields: ['name', 'STATE'], limit: 2 }
    const { body } = await bridge.call('run_api', args)
    t.same(body.body.map(Object.keys), [
      ['name', 'state'],
      ['name', 'state']
    ])
    t.match(body, { status: 200, total: 60, next_offset: 2, notes: [/2 of 60 .*offset 2/] })
    const next = await bridge.call('run_api', { ...args, offset: body.next_offset })
    t.not(next.body.body[0].name, body.body[0].name)
    const last = await bridge.call('run_api', { ...list, offset: 59 })
    t.match(last.body, { total: 60, next_offset: undefined })
    t.equal(last.body.body.length, 1)
  })

  await t.test('max_tokens', async (t) => {
    const { body } = await bridge.call('run_api', { ...list, max_tokens: 2000 })
    t.ok(body.body.length > 0 && body.body.length < 60)
    t.ok(estimateTokens(JSON.stringify(body.body)) <= 2000)
    t.equal(body.next_offset, body.body.length)
  })

  await t.test('every record is reached, none twice', async (t) => {
    const names: string[] = []
    for (let offset: number | undefined = 0; offset !== undefined;) {
      const { body } = await bridge.call('run_api', { ...list, fields: ['name'], limit: 7, offset })
      names.push(...body.body.map(({ name }: { name: string }) => name))
      offset = body.next_offset
    }
    t.equal(new Set(names).size, 60)
    t.equal(names.length, 60)
  })

  await t.test('a field that is none, and an offset past the end', async (t) => {
    const field = await bridge.call('run_api', { ...list, fields: ['nmae'] })
    t.match(field.body.error, {
      code: 'INVALID_ARGUMENT',
      message: /unknown field "nmae"; did you mean name/
    })
    const offset = await bridge.call('run_api', { ...list, offset: 60 })
    t.match(offset.body.error, { code: 'INVALID_ARGUMENT', message: /only 60 items/ })
  })

  await t.test('secrets are unknown fields', async (t) => {
    const { body } = await bridge.call('run_api', {
      query: '/User',
      method: 'GET',
      fields: ['password']
    })
    t.match(body.error.message, /unknown field/)
  })

  await t.test('without any of them a program gets all of it', async (t) => {
    const { body } = await bridge.call('run_api', list)
    t.equal(body.body.length, 60)
    t.equal(body.total, undefined)
    t.match(body.notes, [/about \d+ tokens: fields and limit make it smaller, and so does vm_read/])
  })
})

t.test('a model gets no more than the limit, and how to get the rest', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 300 } })
  const client = await connectMcp(t, bridge)
  for (const query of ['/VirDomain', '/VirDomainSnapshot']) {
    const result = await client.callTool({ name: 'run_api', arguments: { query, method: 'GET' } })
    const [{ text } = { text: '' }] = result.content as { text: string }[]
    const data = result.structuredContent as { next_offset: number }
    t.ok(estimateTokens(text) < 26_000, query)
    t.ok(estimateTokens(JSON.stringify(data)) < 26_000)
    t.match(text, /records are shown: offset \d+ gives the next/)
    t.ok(data.next_offset > 0)
    const plain = await bridge.call('run_api', { query, method: 'GET' }, { accept: 'text/plain' })
    t.ok(estimateTokens(plain.text) < 26_000)
  }
  // One object, as some endpoints return, is cut by its fields.
  const args = { query: '/openapi.json', method: 'GET', max_tokens: 4000 }
  const { body } = await bridge.call('run_api', args)
  t.ok(estimateTokens(JSON.stringify(body.body)) <= 4000)
  t.match(body.notes, [/fields are left out, too large for max_tokens: .*paths/])
  const chosen = await bridge.call('run_api', { ...args, fields: ['openapi'] })
  t.same(Object.keys(chosen.body.body), ['openapi'])
})

t.test('a large list is the same each time, with what is said of it', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 60, nodes: 1 } })
  const bare = await bridge.call('run_api', list)
  for (let i = 0; i < 4; i++) {
    const { text, headers, body } = await bridge.call('run_api', list)
    t.equal(text, bare.text)
    t.equal(Number(headers['content-length']), Buffer.byteLength(text))
    t.match(headers['content-type'], 'application/json; charset=utf-8')
    t.equal(body.body.length, 60)
    const noted = await bridge.call('run_api', { ...list, query: 'GET /VirDomain' })
    t.not(noted.text, text, 'another note stands beside the same list')
    t.same(noted.body.body, body.body)
  }
})
