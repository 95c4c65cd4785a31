import type { HttpMethod } from '../../lib/http/http-method.ts'

/**
 * Writes whose response always names a task, `{}` standing for an identifier. An accepted call of these
 * that names none was not understood, or its response was lost.
 */
const alwaysNamed: readonly [methods: string, path: string][] = [
  // VMs (FACTS 4.1, S)
  ['POST', '/VirDomain'],
  ['POST PATCH DELETE', '/VirDomain/{}'],
  ['POST', '/VirDomain/{}/clone'],
  ['POST', '/VirDomain/{}/export'],
  ['POST', '/VirDomain/import'],
  // Disks, network devices and snapshots (FACTS 4.1, S)
  ['POST', '/VirDomainBlockDevice'],
  ['PATCH DELETE', '/VirDomainBlockDevice/{}'],
  ['POST', '/VirDomainBlockDevice/{}/clone'],
  ['POST', '/VirDomainNetDevice'],
  ['PATCH DELETE', '/VirDomainNetDevice/{}'],
  ['POST', '/VirDomainSnapshot'],
  ['DELETE', '/VirDomainSnapshot/{}'],
  // Media (FACTS 4.1, S and O)
  ['POST', '/ISO'],
  ['PATCH', '/ISO/{}'],
  ['PUT', '/VirtualDisk/upload'],
  // Settings of the cluster (FACTS 4.1, O)
  ['POST', '/DNSConfig'],
  ['PATCH', '/DNSConfig/{}'],
  ['PATCH DELETE', '/TimeSource/{}'],
  ['PATCH', '/TimeZone/{}'],
  ['PATCH', '/AlertSMTPConfig/{}'],
  ['POST', '/AlertEmailTarget'],
  ['PATCH DELETE', '/AlertEmailTarget/{}'],
  ['POST', '/AlertSyslogTarget'],
  ['PATCH DELETE', '/AlertSyslogTarget/{}'],
  ['POST', '/OIDCConfig'],
  ['PATCH', '/OIDCConfig/{}']
]

const named = new Set(
  alwaysNamed.flatMap(([methods, path]) => methods.split(' ').map((method) => `${method} ${path}`))
)

/** What stands in the place of an identifier without being one. */
const words = new Set(['action', 'import', 'migrate', 'upload', 'shutdown'])

function templateOf(path: string): string {
  const [entity = '', id, ...rest] = path.replace(/\/+$/, '').split('/').slice(1)
  const place = id === undefined ? [] : [words.has(id) ? id : '{}']
  return ['', entity, ...place, ...rest].join('/')
}

/**
 * Actions that name a task (FACTS 4.1, S). SHUTDOWN never does (S), START not for a VM that runs already
 * (O); PAUSE and REBOOT are only thought to (I), and of RESET and NMI nothing is known.
 */
const namedActions: readonly unknown[] = ['STOP', 'LIVEMIGRATE']

function allNamed(actions: unknown): boolean {
  return (
    Array.isArray(actions) &&
    actions.length > 0 &&
    actions.every((each: unknown) => {
      const action = typeof each === 'object' && each !== null ? each : {}
      return namedActions.includes((action as { actionType?: unknown }).actionType)
    })
  )
}

/**
 * Whether the response to an accepted write names a task on every version and in every state known.
 * @param path below `/rest/v1`
 * @param body as it is sent; names the actions of VMs
 */
export function alwaysNamesTask(method: HttpMethod, path: string, body: unknown): boolean {
  const template = templateOf(path)
  if (template === '/VirDomain/action') return method === 'POST' && allNamed(body)
  return named.has(`${method} ${template}`)
}

/**
 * Whether the response to an accepted write is a Result, with or without a task: all but the upload of
 * an ISO's data (FACTS 3.2, S) and the end of a session (FACTS 2.1, S).
 */
export function returnsResult(method: HttpMethod, path: string): boolean {
  const template = templateOf(path)
  return template !== '/logout' && `${method} ${template}` !== 'PUT /ISO/{}/data'
}
