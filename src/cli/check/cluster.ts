import type { ClusterConfig } from '../../config/config.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { HyperCore, type HyperCoreOptions } from '../../hypercore/client.ts'
import type { Discovered } from '../../hypercore/discovery/discovery.ts'
import { describeUnlisted } from '../../hypercore/discovery/unlisted-nodes.ts'
import type { NodeProbe } from '../../hypercore/cluster-health.ts'
import { promptTimeouts } from '../cluster-options.ts'
import { validity, viewNodes, type NodeView } from '../pin/node-certificates.ts'
import { canCreate } from './files.ts'
import { nodeRow, type CheckTable } from './table.ts'

/** Days before its end at which a verified certificate is pointed out. */
const renewalDays = 30

/** The message of a failure that is the cluster's or the settings' fault; others are ours. */
function messageOf(error: unknown): string {
  if (error instanceof BridgeError) return error.message
  throw error
}

function checkNode(table: CheckTable, view: NodeView, probe: NodeProbe | undefined): void {
  const name = nodeRow('node', view.origin)
  const error = probe?.error
  if (probe?.ok) table.ok(name, `responds, after ${Math.round(probe.latencyMs)} ms`)
  else if (error?.code === 'CLUSTER_TLS')
    table.skipped(name, 'reachable, not queried: its certificate is not trusted (see below)')
  else table.failed(name, error?.message ?? view.problem ?? 'no response')
}

function checkCertificate(
  table: CheckTable,
  view: NodeView,
  probe: NodeProbe | undefined,
  mode: ClusterConfig['tlsMode']
): void {
  const name = nodeRow('certificate', view.origin)
  const host = new URL(view.origin).host
  if (view.certificate === undefined) {
    table.skipped(name, 'the node shows none')
    return
  }
  const { days, text } = validity(view.certificate)
  if (probe?.error?.code === 'CLUSTER_TLS')
    table.failed(name, probe.error.message, [
      `\`scale-bridge pin ${host}\` shows the certificate and asks whether to pin it`
    ])
  else if (mode === 'insecure')
    table.skipped(name, `not checked, because SCALE_TLS is insecure; ${text}`, [
      'anyone on the network path can read the password: `scale-bridge pin` pins the certificate'
    ])
  else if (mode === 'pin') table.ok(name, `pinned; ${text}`)
  else
    table.ok(
      name,
      `verified; ${text}`,
      days < renewalDays ? ['renew it before it expires: the bridge will refuse it then'] : []
    )
}

/** Whether the bridge will be able to keep its session. */
async function sessionFileAdvice(path: string): Promise<string[]> {
  return (await canCreate(path))
    ? []
    : [
        `${path} cannot be written: every start will log in again, unless SCALE_SESSION_FILE names another path`
      ]
}

async function checkLogin(
  table: CheckTable,
  client: HyperCore,
  config: ClusterConfig
): Promise<boolean> {
  try {
    const session = await client.sessions.renew()
    table.ok('login', `as ${session.user} on ${session.node}`)
    return true
  } catch (error) {
    table.failed('login', messageOf(error), [
      config.useOidc
        ? 'SCALE_USE_OIDC is on: the cluster asks its OpenID Connect provider'
        : 'a user of an OpenID Connect provider needs SCALE_USE_OIDC=true'
    ])
    return false
  }
}

async function checkSession(
  table: CheckTable,
  client: HyperCore,
  config: ClusterConfig,
  keepsStateHere: boolean
): Promise<void> {
  try {
    const sessions = await client.sessions.describe()
    const valid = sessions.find((session) => session.valid)
    if (valid === undefined)
      table.failed('session', sessions[0]?.note ?? 'the cluster does not know it', [
        'another program may log in as the same user too often: give the bridge a user of its own'
      ])
    else {
      const own = keepsStateHere
        ? `keeps its own in ${config.sessionFile}`
        : 'keeps its own elsewhere'
      table.ok(
        'session',
        `valid; the bridge ${own}, renewed after ${config.sessionMaxAgeMs / 3600e3} h`,
        keepsStateHere ? await sessionFileAdvice(config.sessionFile) : []
      )
    }
  } catch (error) {
    table.failed('session', messageOf(error))
  }
}

async function checkVersion(table: CheckTable, client: HyperCore): Promise<void> {
  try {
    const [cluster] = await client.list('/Cluster')
    if (cluster === undefined) table.failed('version', 'the cluster does not name itself')
    else table.ok('version', `HyperCore ${cluster.icosVersion}, cluster ${cluster.clusterName}`)
  } catch (error) {
    const forbidden = error instanceof BridgeError && error.statusCode === 403
    table.failed(
      'version',
      messageOf(error),
      forbidden ? ['the user needs at least the role Read'] : []
    )
  }
}

/** Which nodes the cluster's list adds, and which it lacks. */
function checkDiscovered(table: CheckTable, { found, missing }: Discovered): void {
  for (const { node, problem } of found)
    if (problem === undefined)
      table.ok(`node ${node}`, 'found by the list of the cluster, and used')
    else
      table.skipped(`node ${node}`, `found by the list of the cluster, and not used: ${problem}`, [
        `\`scale-bridge pin ${node}\` shows its certificate and asks whether to pin it`
      ])
  if (missing.length > 0)
    table.skipped(
      'all nodes',
      `the list of the cluster lacks ${missing.join(', ')} of SCALE_HOST: asked last`,
      ['correct SCALE_HOST with `scale-bridge init`, or look whether the node was removed']
    )
}

/** Nodes of which the bridge would know nothing. Says nothing where the cluster does not tell. */
async function checkUnlisted(table: CheckTable, client: HyperCore): Promise<void> {
  try {
    await client.list('/Node')
  } catch (error) {
    // What keeps the list from being read is said of the version.
    messageOf(error)
    return
  }
  const { nodeLists } = client
  await nodeLists.settled()
  const { discovered, unlisted } = nodeLists
  if (discovered !== undefined && discovered.doubt === undefined)
    return checkDiscovered(table, discovered)
  if (discovered !== undefined)
    table.skipped('discovery', `SCALE_DISCOVER is on and finds nothing: ${discovered.doubt}`)
  if (unlisted.count > 0)
    table.skipped('all nodes', describeUnlisted(unlisted), [
      'add them with `scale-bridge init`, and `scale-bridge pin` for their certificates'
    ])
}

/** Nodes, certificates, login, session and version; logs out again. */
export async function checkCluster(
  table: CheckTable,
  config: ClusterConfig,
  options: HyperCoreOptions,
  keepsStateHere: boolean
): Promise<void> {
  // Its own session, not the running bridge's: a check must try the password.
  const client = new HyperCore({ ...options, sessionFile: undefined, timeouts: promptTimeouts })
  try {
    const [views, probes] = await Promise.all([viewNodes(config.nodes), client.probe()])
    const probeOf = (view: NodeView): NodeProbe | undefined => probes[views.indexOf(view)]
    for (const view of views) checkNode(table, view, probeOf(view))
    for (const view of views) checkCertificate(table, view, probeOf(view), config.tlsMode)

    if (!probes.some((probe) => probe.ok)) {
      for (const name of ['login', 'session', 'version'])
        table.skipped(name, 'needs a node that responds and is trusted')
      return
    }
    if (await checkLogin(table, client, config)) {
      await checkSession(table, client, config, keepsStateHere)
      await checkVersion(table, client)
      await checkUnlisted(table, client)
    } else for (const name of ['session', 'version']) table.skipped(name, 'needs the login')
  } finally {
    await client.close({ logout: true })
  }
}
