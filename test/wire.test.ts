import t from 'tap'
import { importsOf, sources } from './helper/source-files.ts'

/**
 * What may send something out of the process, by the way it takes, with what it sends. All that
 * reaches the cluster passes `HyperCore.request` or `sessionsOf`, which ask the guard; what is listed
 * here beside them is the bridge's own, or goes elsewhere. A new way makes a test fail: lead it through
 * the client, or say here why not.
 */
interface Way {
  /** What of a module shows that it takes this way. */
  taken: (file: string, text: string) => boolean
  by: Readonly<Record<string, string>>
}

/** Comments name what the code does not use. */
const code = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')

const imports =
  (wanted: (target: string) => boolean, harmless: readonly string[] = []) =>
  (file: string, text: string): boolean =>
    importsOf(file, text).some(({ target, typeOnly, names }) => {
      if (typeOnly || !wanted(target)) return false
      const taken = names
        .replaceAll(/[{}\s]+/g, ' ')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type '))
      return taken.length === 0
        ? !/^\s*\{/.test(names)
        : taken.some((name) => !harmless.includes(name))
    })

const says =
  (pattern: RegExp) =>
  (_file: string, text: string): boolean =>
    pattern.test(code(text))

const ways: Readonly<Record<string, Way>> = {
  'the HTTP client': {
    taken: imports((target) => target === 'undici' || target === 'src/lib/http/undici.ts'),
    by: {
      'src/lib/http/undici.ts': 'what of it is used',
      'src/lib/http/http.ts': 'servers beside the cluster',
      'src/hypercore/transport/cluster-node.ts': 'the nodes',
      'plugins/hypercore.ts': 'only loads it before the first call'
    }
  },
  'sockets and programs of Node': {
    taken: imports(
      (target) =>
        /^(?:node:)?(?:https?|http2|net|tls|dgram|child_process|cluster|worker_threads)$/.test(
          target
        ),
      ['isIP', 'isIPv4', 'isIPv6', 'createServer', 'rootCertificates']
    ),
    by: {
      'src/cli/upload/put-file.ts': '`upload` sends a file to the bridge',
      'src/lib/http/public-address.ts': 'asks the name server for addresses, and sends nothing',
      'src/tools/upload/remote-file.ts': 'IMPORT_SOURCES: reads the file to upload',
      'src/hypercore/transport/certificate.ts':
        'reads the certificate of a node, and sends nothing',
      'src/hypercore/transport/connector.ts': 'connections to nodes, judged by their certificate'
    }
  },
  'what browsers and Node have in common': {
    taken: says(/(?<![\w.#])(?:fetch|WebSocket|EventSource|XMLHttpRequest|sendBeacon)\(/),
    by: {
      'src/cli/check/bridge.ts': '`check` asks the bridge itself',
      'src/lib/http/http.ts': 'a method of that name, of the client below',
      'src/mcp/transports/http.ts': 'a method of that name: it serves',
      'src/mcp/transports/sdk.ts': 'a method of that name, of the SDK: it serves',
      'src/pages/landing.ts': 'a page, in the browser'
    }
  },
  'traces for a collector': {
    taken: imports((target) => target.startsWith('@opentelemetry/exporter')),
    by: { 'src/traces/tracing.ts': 'OTEL_EXPORTER_OTLP_ENDPOINT' }
  },
  'requests to servers beside the cluster': {
    taken: says(/new HttpClient\(/),
    by: {
      'src/approvals/webhook.ts': 'APPROVAL_WEBHOOK',
      'src/ask/chat-client.ts': 'LLM_BASE_URL',
      'src/cli/approvals/bridge-client.ts': '`approvals` asks the bridge',
      'src/directory/directory.ts': 'SCALE_DIRECTORY_URL',
      'src/identity/oidc-keys.ts': 'OIDC_ISSUER',
      'src/model-bench/model-server.ts': '`bench` asks the model of --model-url',
      'src/model-bench/surface.ts': '`bench` asks the bridge that it has started',
      'src/openwebui/event-post.ts': 'OPENWEBUI_URL'
    }
  },
  'one exchange with a node': {
    taken: imports(
      (target) => target === 'src/hypercore/transport/exchange.ts',
      ['RawResponse', 'ExchangeLimits', 'ExchangeWatch']
    ),
    by: { 'src/hypercore/transport/cluster-node.ts': 'with a session, or without' }
  },
  'a node': {
    taken: says(/new ClusterNode\(|new NodePool\(/),
    by: {
      'src/hypercore/client.ts':
        'the nodes of SCALE_HOST, and those that the list of the cluster adds'
    }
  },
  'a request to one node': {
    taken: (file, text) =>
      file.startsWith('src/hypercore/') && /(?:\bnode|#node)\.send\(/.test(code(text)),
    by: {
      'src/hypercore/requests/dispatch.ts': 'every request that was admitted',
      'src/hypercore/cluster-health.ts': 'GET /ping: whether a node is up',
      'src/hypercore/sessions/login.ts': "POST /login, the bridge's own, or admitted by sessionsOf",
      'src/hypercore/sessions/logouts.ts': 'POST /logout of sessions that are not used any more',
      'src/hypercore/sessions/sessions.ts': 'GET /ping: whether a session is accepted',
      'src/hypercore/sessions/session-proof.ts':
        'GET /ping: whether a refusal is about the session',
      'src/hypercore/updates/update-watch.ts': 'GET /update/update_status.json, without a session'
    }
  },
  'a request to the cluster': {
    taken: imports((target) => target === 'src/hypercore/requests/dispatch.ts'),
    by: { 'src/hypercore/client.ts': 'HyperCore.request, which asks the guard' }
  },
  'a client of the cluster': {
    taken: says(/new HyperCore\(/),
    by: {
      'plugins/hypercore.ts': 'the one of the bridge, with its guard',
      'src/cli/check/cluster.ts': '`check`, for those who have the settings',
      'src/cli/init/login.ts': '`init`, tries the login that was typed',
      'src/cli/schema/import.ts': '`schema import`, reads the document of the cluster'
    }
  },
  'the sessions past the guard': {
    taken: says(/(?:hypercore|client|HyperCore)\.sessions\.(?!describe)/),
    by: {
      'routes/session.ts': 'by ClusterCall, whose sessions ask the guard',
      'src/metrics/cluster-gauges.ts': 'counts them for /metrics',
      'src/cli/check/cluster.ts': '`check`, for those who have the settings',
      'src/cli/init/login.ts': '`init`, tries the login that was typed'
    }
  }
}

t.test('the ways to the wire are those listed here, and no others', async (t) => {
  // A cluster to try things on is a server of its own.
  const product = [...sources].filter(([file]) => !file.startsWith('src/simulator/'))
  t.ok(product.length > 250)
  for (const [way, { taken, by }] of Object.entries(ways)) {
    const takers = product.filter(([file, text]) => taken(file, text)).map(([file]) => file)
    t.same(takers.toSorted(), Object.keys(by).toSorted(), way)
  }
})

t.test('a new way would be seen', async (t) => {
  const texts: [way: string, text: string, file?: string][] = [
    ['the HTTP client', "import { request } from 'undici'"],
    ['the HTTP client', "const { Agent } = await import('../src/lib/http/undici.ts')"],
    ['the HTTP client', "import * as undici from 'undici'"],
    ['sockets and programs of Node', "import { request } from 'node:https'"],
    ['sockets and programs of Node', "import https from 'https'"],
    ['sockets and programs of Node', "import { isIP, connect } from 'node:net'"],
    ['sockets and programs of Node', "const http = await import('node:http')"],
    ['sockets and programs of Node', "import { spawn } from 'node:child_process'"],
    ['what browsers and Node have in common', 'await fetch(url)'],
    ['what browsers and Node have in common', 'new WebSocket(url)'],
    [
      'traces for a collector',
      "const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')"
    ],
    ['requests to servers beside the cluster', 'const http = new HttpClient(1000)'],
    [
      'one exchange with a node',
      "import { exchange } from './transport/exchange.ts'",
      'src/hypercore/new.ts'
    ],
    ['a node', 'new ClusterNode(origin, access, limits)'],
    ['a request to one node', 'await node.send(request)', 'src/hypercore/new.ts'],
    [
      'a request to the cluster',
      "import { Dispatch } from './requests/dispatch.ts'",
      'src/hypercore/new.ts'
    ],
    ['a client of the cluster', 'const client = new HyperCore(options)'],
    ['the sessions past the guard', 'await app.hypercore.sessions.kill()']
  ]
  for (const [way, text, file = 'routes/new.ts'] of texts)
    t.ok(ways[way]?.taken(file, text), `${way}: ${text}`)
  t.same(
    Object.keys(ways).filter((way) => !texts.some(([each]) => each === way)),
    [],
    'each of them'
  )
  const harmless: [way: string, text: string][] = [
    ['the HTTP client', "import type { Agent } from 'undici'"],
    ['sockets and programs of Node', "import { isIP } from 'node:net'"],
    ['sockets and programs of Node', "import type { Socket } from 'node:net'"],
    ['what browsers and Node have in common', 'await client.fetch(url)'],
    ['a node', '/** new ClusterNode(origin) */']
  ]
  for (const [way, text] of harmless) t.notOk(ways[way]?.taken('routes/new.ts', text), text)
})
