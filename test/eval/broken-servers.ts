import { setTimeout as sleep } from 'node:timers/promises'
import { ChatClient } from '../../src/ask/chat-client.ts'
import { BridgeError, type ErrorCode } from '../../src/lib/errors/errors.ts'
import { Outgoing } from '../../src/lib/secrets/outgoing.ts'
import type { TestBridgeOptions } from '../helper/bridge.ts'
import { startDirectory } from '../helper/directory-server.ts'
import { type LlmFault, type LlmServer, startLlmServer } from '../helper/llm-server.ts'
import { startOidcProvider } from '../helper/oidc-provider.ts'
import { type Provocation, refused, type Situation, told } from './provocation.ts'

const closedPort = 'http://127.0.0.1:9'

/** Certificates and passwords that do not fit, and a cluster that is not there. */
export const wrongSettings: Situation = async (_owner, start) => {
  const ping = async (options: TestBridgeOptions, code: ErrorCode, how: string) => ({
    ...refused(await start(options), code, 'ping_read', {}),
    how
  })
  const fingerprints = [Array.from({ length: 32 }, () => 'AB').join(':')]
  return [
    await ping(
      { cluster: { tls: { mode: 'pin', fingerprints } } },
      'CLUSTER_TLS',
      'another certificate than the pinned one'
    ),
    await ping(
      { cluster: { tls: { mode: 'verify', fingerprints: [] } } },
      'CLUSTER_TLS',
      'a certificate nobody vouches for'
    ),
    await ping({ cluster: { password: 'wrong' } }, 'CLUSTER_LOGIN_REFUSED', 'a wrong password'),
    await ping(
      { cluster: { nodes: ['https://127.0.0.1:9'] } },
      'CLUSTER_UNREACHABLE',
      'nothing listens at SCALE_HOST'
    )
  ]
}

/** The directory of people, in each of its ways to fail; it is slow for as long as it is waited for. */
export const brokenDirectory: Situation = async (owner, start) => {
  const { url } = await startDirectory(owner, (user, response) => {
    if (user === 'slow') return
    if (user === 'broken') response.writeHead(500).end('no')
    else if (user === 'large') response.writeHead(200).end('x'.repeat(5 * 2 ** 20))
    else response.writeHead(200).end('<html>')
  })
  const bridge = await start({ config: { directoryUrl: url } })
  const gone = await start({ config: { directoryUrl: closedPort } })
  const find = (user: string, code: ErrorCode, at = bridge): Provocation =>
    refused(at, code, 'fetch_vm', { user })
  return [
    find('broken', 'DIRECTORY_ERROR'),
    find('large', 'DIRECTORY_ERROR'),
    find('page', 'DIRECTORY_ERROR'),
    find('slow', 'DIRECTORY_TIMEOUT'),
    find('anyone', 'DIRECTORY_UNREACHABLE', gone)
  ]
}

const model = 'test-model'
const question = 'how do I take a snapshot?'

const withModel = (baseUrl: string, name = model): TestBridgeOptions => ({
  config: { llm: { baseUrl, model: name, apiKey: undefined } }
})

/** The model server, in each of its ways to fail. */
export const brokenModel: Situation = async (owner, start) => {
  const llm = await startLlmServer(owner)
  const bridge = await start(withModel(llm.url))
  const ask = (how: string, code: ErrorCode, fault: LlmFault): Provocation => ({
    how: `ask_api, the model server ${how}`,
    code,
    tool: 'ask_api',
    async meet() {
      llm.fault = fault
      return told(await bridge.call('ask_api', { question }))
    }
  })
  const other = await start(withModel(llm.url, 'no-such-model'))
  const gone = await start(withModel(`${closedPort}/v1`))
  return [
    ask('wants a key', 'LLM_REFUSED', { status: 401, body: '{}' }),
    ask('is busy', 'LLM_BUSY', { status: 503, body: '{}' }),
    ask('fails', 'LLM_ERROR', { status: 500, body: '{"error": "out of memory"}' }),
    ask('redirects', 'LLM_ERROR', { status: 302, headers: { location: '/' } }),
    ask('answers a page', 'LLM_BAD_ANSWER', { status: 200, body: '<html>' }),
    ask('breaks off', 'LLM_BAD_ANSWER', { cutAfter: 0 }),
    ask('closes', 'LLM_UNREACHABLE', { reset: true }),
    {
      how: 'ask_api with a model that is not there',
      code: 'LLM_MODEL_NOT_FOUND',
      tool: 'ask_api',
      async meet() {
        llm.fault = undefined
        return told(await other.call('ask_api', { question }))
      }
    },
    refused(gone, 'LLM_UNREACHABLE', 'ask_api', { question }),
    silentModel(llm, { firstByteMs: 100 }),
    silentModel(llm, { wholeMs: 100 }),
    {
      how: 'ask_api while the bridge ends',
      code: 'SHUTTING_DOWN',
      tool: 'ask_api',
      async meet() {
        llm.fault = { silent: true }
        // On a busy machine what another has given up may come last.
        const last = 'which call is the last?'
        const call = bridge.call('ask_api', { question: last })
        const hasCome = (): boolean =>
          llm.requests.some(({ body }) => JSON.stringify(body).includes(last))
        const isOver = call.then(() => true)
        while (!hasCome()) if (await Promise.race([isOver, sleep(10, false)])) break
        await Promise.all([bridge.close(), call])
        return told(await call)
      }
    }
  ]
}

/** The bridge waits for a model for minutes; its client alone can be configured not to. */
const silentModel = (
  llm: LlmServer,
  limits: ConstructorParameters<typeof ChatClient>[2]
): Provocation => ({
  how: `a model that says nothing, ${JSON.stringify(limits)}`,
  code: 'LLM_TIMEOUT',
  async meet() {
    llm.fault = { silent: true }
    const client = new ChatClient(
      { baseUrl: llm.url, model, apiKey: undefined },
      new Outgoing([]),
      limits
    )
    try {
      await client.complete([{ role: 'user', content: question }])
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error
      return { status: error.statusCode, code: error.code, message: error.message }
    }
    throw new Error('A silent model answered')
  }
})

/** Access tokens of an identity provider: one that may read alone, and those that do not count. */
export const signedIn: Situation = async (owner, start) => {
  const provider = await startOidcProvider(owner)
  const resource = 'https://bridge.example/mcp'
  const oidc = {
    issuer: provider.issuer,
    audience: { resource, accepted: [resource] },
    scopeClaim: undefined,
    scopeMap: undefined,
    vmTagsClaim: undefined
  }
  const bridge = await start({ config: { oidc } })
  const alone = await start({ config: { oidc: { ...oidc, issuer: closedPort } } })
  const now = Math.floor(new Date().getTime() / 1000)
  const claims = { aud: resource, iss: provider.issuer, scope: 'read', exp: now + 3600 }
  const as = async (more: object): Promise<Record<string, string>> => ({
    authorization: `Bearer ${await provider.sign({ ...claims, ...more })}`
  })
  const read = async (code: ErrorCode, more: object, at = bridge): Promise<Provocation> => ({
    ...refused(at, code, 'node_read', {}, await as(more)),
    how: `node_read with a token that has ${JSON.stringify(more)}`
  })
  const vmUUID = bridge.vm('web-01')
  return [
    refused(bridge, 'SCOPE_REQUIRED', 'deleteVM', { vmUUID }, await as({})),
    await read('SCOPE_REQUIRED', { scope: 'email' }),
    await read('UNAUTHORIZED', { exp: now - 3600 }),
    await read('UNAUTHORIZED', { aud: 'https://other.example' }),
    await read('OIDC_UNAVAILABLE', { iss: closedPort }, alone)
  ]
}
