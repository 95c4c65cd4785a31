/** Fields of a fault that only some kinds have. */
export type OwnField =
  'ms' | 'status' | 'seconds' | 'message' | 'parameters' | 'executed' | 'body' | 'bytes'

/** What a kind can be narrowed down to: a call, the login, a whole node, or nothing. */
type Scope = 'call' | 'login' | 'node' | 'cluster'

interface KindEntry {
  scope: Scope
  /** The field that a number after a colon is for: `slow:500`. */
  value?: OwnField
  /** Its other fields. */
  fields?: readonly OwnField[]
  /** What happens, with what stands in for fields that are left out. */
  effect: string
}

const kinds = {
  'node-down': { scope: 'node', effect: 'connections are refused, those that are open are cut' },
  'black-hole': {
    scope: 'node',
    effect: 'connections are taken, then not a word, not even of TLS'
  },
  'tls-error': { scope: 'node', effect: 'every handshake fails' },
  'other-certificate': {
    scope: 'node',
    effect: 'another certificate is shown, connections are cut'
  },
  'refuse-login': { scope: 'login', effect: 'POST /login is 401, whatever the password' },
  'drop-sessions': { scope: 'call', effect: 'the sessions of the node end before the call, once' },
  slow: { scope: 'call', value: 'ms', effect: 'the call waits ms (1000), then is executed' },
  'slow-after': {
    scope: 'call',
    value: 'ms',
    effect: 'executed, the response comes ms (1000) later'
  },
  hang: { scope: 'call', effect: 'not executed, no response' },
  'hang-after': { scope: 'call', effect: 'executed, no response' },
  drip: { scope: 'call', value: 'ms', effect: 'executed, a byte of the response every ms (1000)' },
  'slow-body': {
    scope: 'call',
    value: 'bytes',
    effect: 'executed, the response comes at bytes (10000) a second'
  },
  'reset-before': { scope: 'call', effect: 'not executed, the connection is reset' },
  'reset-after': { scope: 'call', effect: 'executed, the connection is reset' },
  'reset-inside': {
    scope: 'call',
    effect: 'executed, the connection is reset in mid-response'
  },
  'truncated-json': { scope: 'call', effect: 'executed, the response ends halfway' },
  'no-body': {
    scope: 'call',
    value: 'status',
    fields: ['executed', 'body'],
    effect: 'executed (executed=false: not), status (200), no body'
  },
  'error-500': {
    scope: 'call',
    fields: ['message'],
    effect: 'not executed, the JSON error of the cluster'
  },
  'json-error': {
    scope: 'call',
    value: 'status',
    fields: ['message', 'executed'],
    effect: 'not executed (executed=true: is), JSON error, status (503)'
  },
  'html-502': { scope: 'call', effect: 'not executed, the page of the front server' },
  'html-error': {
    scope: 'call',
    value: 'status',
    fields: ['executed'],
    effect: 'not executed (executed=true: is), a page, status (503)'
  },
  'fail-task': {
    scope: 'call',
    fields: ['message', 'parameters'],
    effect: 'the task of the call ends in ERROR with message'
  },
  'stuck-task': {
    scope: 'call',
    value: 'ms',
    effect: 'the task stays RUNNING, for ms if given, its object busy'
  },
  'forget-task': {
    scope: 'call',
    value: 'ms',
    effect: 'the task of the call is unknown after ms (0), and continues'
  },
  'cut-upload': {
    scope: 'call',
    value: 'bytes',
    effect: 'the connection of an upload is reset after bytes (1048576)'
  },
  'slow-upload': {
    scope: 'call',
    value: 'ms',
    effect: 'an upload is read with ms (1000) between its MiB'
  },
  'clock-step': {
    scope: 'cluster',
    value: 'seconds',
    effect: 'the clock of the cluster is off by seconds, -3600 or so'
  }
} as const satisfies Record<string, KindEntry>

/** What can be broken on purpose. */
export type FaultKind = keyof typeof kinds

export const faultKinds = Object.keys(kinds) as FaultKind[]

/** All there is to know of a kind. */
export const faultKind = (kind: FaultKind): KindEntry => kinds[kind]

const chance = ['times', 'probability', 'seed'] as const

const scopeFields = {
  call: ['node', 'method', 'path', ...chance],
  login: ['node', ...chance],
  node: ['node'],
  cluster: []
} as const satisfies Record<Scope, readonly string[]>

/** Every field that a kind takes. */
export function fieldsOf(kind: FaultKind): string[] {
  const { scope, value, fields = [] } = faultKind(kind)
  return ['kind', ...scopeFields[scope], ...(value === undefined ? [] : [value]), ...fields]
}

/** The kinds for the help of a command, a line each. */
export function faultKindLines(): string[] {
  const width = Math.max(...faultKinds.map((kind) => kind.length))
  return faultKinds.map((kind) => `${kind.padEnd(width)}  ${faultKind(kind).effect}`)
}
