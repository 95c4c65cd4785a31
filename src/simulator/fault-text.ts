import { faultKinds, type Fault, type FaultKind } from './faults.ts'

/** What is wrong with a fault, one sentence for each field. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const isCount = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least

/** Which fields a kind takes besides `node`. */
function allowedFields(kind: FaultKind): string[] {
  if (kind === 'node-down') return ['kind', 'node']
  const common = ['kind', 'node', 'method', 'path', 'times']
  if (kind === 'slow') return [...common, 'ms']
  if (kind === 'error-500') return [...common, 'message']
  if (kind === 'fail-task') return [...common, 'message', 'parameters']
  return common
}

/**
 * Checks what somebody sent as a fault, and returns it. Throws a FaultError that names each wrong
 * field and what it may be. `nodes` is how many nodes there are.
 */
export function checkFault(value: unknown, nodes: number): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FaultError('A fault is an object such as {"kind": "slow", "ms": 500}')
  const fault = value as Record<string, unknown>
  const kind = faultKinds.find((known) => known === fault.kind)
  if (kind === undefined) throw new FaultError(`kind must be one of ${faultKinds.join(', ')}`)
  const allowed = allowedFields(kind)
  const rules: [string, boolean, string][] = [
    [
      'node',
      isCount(fault.node, 0) && fault.node < nodes,
      Number.isFinite(nodes) ? `a number from 0 to ${nodes - 1}` : 'a number from 0'
    ],
    ['method', methods.includes(String(fault.method)), `one of ${methods.join(', ')}`],
    ['path', typeof fault.path === 'string' && fault.path.startsWith('/'), 'a path such as /Node'],
    ['times', isCount(fault.times, 1), 'a whole number from 1'],
    ['ms', isCount(fault.ms, 0), 'a whole number of milliseconds'],
    ['message', typeof fault.message === 'string', 'a text'],
    [
      'parameters',
      Array.isArray(fault.parameters) && fault.parameters.every((p) => typeof p === 'string'),
      'a list of texts'
    ]
  ]
  const problems = Object.keys(fault)
    .filter((field) => !allowed.includes(field))
    .map((field) => `${field} is not known for ${kind}, which takes ${allowed.join(', ')}`)
  for (const [field, good, wanted] of rules)
    if (fault[field] !== undefined && allowed.includes(field) && !good)
      problems.push(`${field} must be ${wanted}`)
  if (problems.length > 0) throw new FaultError(problems.join('; '))
  return fault as unknown as Fault
}

/**
 * Reads a fault from one word of a command line: `kind[:ms][,field=value…]`, for example
 * `slow:500,node=0,path=/VirDomain,times=3`. Throws a FaultError.
 */
export function parseFault(text: string, nodes = Infinity): Fault {
  const [head = '', ...fields] = text.split(',')
  const [kind = '', ms] = head.split(':')
  const fault: Record<string, unknown> = { kind }
  if (ms !== undefined) fault.ms = ms === '' ? ms : Number(ms)
  for (const field of fields) {
    const [name = '', ...rest] = field.split('=')
    const value = rest.join('=')
    const counts = ['node', 'times', 'ms'].includes(name) && value !== ''
    fault[name] = counts ? Number(value) : name === 'method' ? value.toUpperCase() : value
  }
  return checkFault(fault, nodes)
}
