import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('requests that are wrong before a tool sees them', async (t) => {
  const bridge = await startTestBridge(t)

  await t.test('malformed JSON', async (t) => {
    const { status, body } = await bridge.call('vm_read', '{"filter": ')
    t.equal(status, 400)
    t.match(body.error, { code: 'INVALID_JSON', message: /not valid JSON/ })
  })

  await t.test('a prototype key', async (t) => {
    const { status } = await bridge.call('vm_read', '{"__proto__": {"filter": "web"}}')
    t.equal(status, 400)
  })

  await t.test('another content type', async (t) => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/xml']) {
      const { status, body } = await bridge.call('vm_read', '{}', { 'content-type': type })
      t.equal(status, 415, type)
      t.match(body.error, {
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: /Content-Type: application\/json/
      })
    }
  })

  await t.test('a body over the limit', async (t) => {
    const { status, body } = await bridge.call('vm_read', { filter: 'x'.repeat(9 * 1024 * 1024) })
    t.equal(status, 413)
    t.equal(body.error.code, 'BODY_TOO_LARGE')
  })

  await t.test('a body that is not an object', async (t) => {
    const { status, body } = await bridge.call('vm_read', '[1]')
    t.equal(status, 400)
    t.match(body.error.message, /the body must be an object; got array/)
  })

  await t.test('GET on a tool', async (t) => {
    const { status, body, headers } = await bridge.fetch('/vm_read')
    t.equal(status, 405)
    t.equal(headers['allow'], 'POST')
    t.match(body.error.message, /call it with POST \/vm_read/)
  })

  await t.test('the root, as a person opens it', async (t) => {
    const { status, text } = await bridge.fetch('/', { headers: { accept: 'text/plain' } })
    t.equal(status, 404)
    for (const place of ['/docs', '/openapi.json', '/mcp']) t.match(text, place)
  })

  await t.test('an address that is not a valid URL', async (t) => {
    const { status, body, headers } = await bridge.fetch('/%zz')
    t.equal(status, 400)
    t.match(headers['content-type'], 'application/json')
    t.match(body.error, { code: 'INVALID_ARGUMENT', message: /%25/ })
  })

  await t.test('one plain sentence for a caller that accepts text', async (t) => {
    const { status, text, headers } = await bridge.call(
      'getVM_details',
      { vmUUID: '00000000-0000-4000-8000-000000000000' },
      { accept: 'text/plain' }
    )
    t.equal(status, 404)
    t.match(headers['content-type'], /^text\/plain/)
    t.match(
      text,
      /^No VM has the uuid .* fetch_vm finds it by name, vm_read lists all\. Call fetch_vm yourself now, then \w+ again$/
    )
  })

  await t.test('the form of a response is that of the error', async (t) => {
    for (const [accept, type] of [
      ['text/plain;q=0.1, */*', 'application/json'],
      ['text/*', 'text/plain'],
      ['text/html', 'application/json']
    ] as const)
      for (const body of [{}, { nonsense: 1 }]) {
        const { headers, status } = await bridge.call('ping_read', body, { accept })
        t.match(headers['content-type'], type, `${accept}, ${status}`)
      }
    const { headers } = await bridge.fetch('/%zz', { headers: { accept: 'text/plain' } })
    t.match(headers['content-type'], 'text/plain', 'also of what has no route')
  })

  await t.test('every answer can be found in the log', async (t) => {
    const { headers } = await bridge.call('ping_read')
    const id = String(headers['x-request-id'])
    t.ok(bridge.log.some((line) => line.includes(id) && line.includes('"outcome":"ok"')))
  })
})
