import { once } from 'node:events'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { missingPrograms, run } from '../../../helper/shell.ts'
import { PlainClient, simulatorFor } from '../../../helper/simulator.ts'

const basic = `Authorization: Basic ${Buffer.from('admin:admin').toString('base64')}`

async function nodeFor(t: Test): Promise<URL> {
  const { urls } = await simulatorFor(t)
  return new URL(urls[0] ?? '')
}

/** Sends bytes as they are, and returns all that comes back until the connection closes. */
async function exchange({ hostname, port }: URL, ...lines: string[]): Promise<string> {
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(lines.join('\r\n'))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

t.test('a request target in absolute form is the same call', async (t) => {
  const node = await nodeFor(t)
  const ask = (target: string, ...headers: string[]): Promise<string> =>
    exchange(
      node,
      `GET ${target} HTTP/1.1`,
      `Host: ${node.host}`,
      'Connection: close',
      ...headers,
      '',
      ''
    )
  const here = `https://${node.host}/rest/v1`
  t.match(await ask(`${here}/ping`, basic), /^HTTP\/1.1 200 .*{"status":"Active"}/s)
  t.match(await ask(`HTTPS://other.example/rest/v1/ping`, basic), /^HTTP\/1.1 200 /)
  t.match(await ask(`${here}/Condition/filter?includeSet=true`, basic), /^HTTP\/1.1 200 /)
  t.match(await ask(`${here}/Node?x=1`, basic), /^HTTP\/1.1 400 .*Query parameter not allowed: x/s)
  t.match(await ask(`${here}/ping`), /^HTTP\/1.1 401 /)
  t.match(await ask(`${here}/nothing`, basic), /^HTTP\/1.1 404 .*Cannot find \/rest\/v1\/nothing/s)
  t.match(await ask(`https://${node.host}`, basic), /^HTTP\/1.1 404 .*<html>/s)
})

t.test('every 401 asks for Basic credentials', async (t) => {
  const node = await nodeFor(t)
  const client = new PlainClient(node.origin)
  const challenge = { 'www-authenticate': /^Basic realm="/ }
  const wrong = new PlainClient(node.origin, 'admin', 'wrong')
  const dead = client.as({ Cookie: 'sessionID=gone' })
  for (const caller of [client.as({}), wrong, dead])
    t.match(await caller.raw('GET', '/VirDomain'), { status: 401, headers: challenge })
  const body = { username: 'admin', password: 'wrong' }
  t.match(await client.raw('POST', '/login', { body }), { status: 401, headers: challenge })
  t.notOk('www-authenticate' in (await client.raw('GET', '/ping')).headers)
})

t.test(
  'a client that sends credentials only when it is asked gets in',
  { skip: missingPrograms('curl') },
  async (t) => {
    const node = await nodeFor(t)
    const curl = async (path: string, ...options: string[]): Promise<string> => {
      const call = ['-sk', '--anyauth', '-u', 'admin:admin', ...options, `${node.origin}${path}`]
      return (await run('curl', call)).stdout
    }
    t.equal(await curl('/rest/v1/ping'), '{"status":"Active"}')
    const user = ['-H', 'Content-Type: application/json', '-d', '{"username": "asked"}']
    t.match(JSON.parse(await curl('/rest/v1/User', ...user)), { taskTag: '' })
    t.match(await curl('/rest/v1/User'), '"username":"asked"')
  }
)

t.test('a request with two lengths is rejected as malformed', async (t) => {
  const node = await nodeFor(t)
  const reply = await exchange(
    node,
    'PUT /rest/v1/ISO/x/data HTTP/1.1',
    `Host: ${node.host}`,
    basic,
    'Content-Type: application/octet-stream',
    'Content-Length: 4',
    'Transfer-Encoding: chunked',
    '',
    '4\r\ndata\r\n0\r\n\r\n'
  )
  t.match(reply, /^HTTP\/1.1 400 Bad Request\r\n.*<h1>400 Bad Request<\/h1>/s)
})
