/**
 * What OpenWebUI's converters need of a document, as checks over it. Each answers its complaints;
 * none of them means that the rule is kept. They look at the document alone, of whatever shape it is,
 * and never throw.
 */

type Json = Record<string, unknown>

export type DocumentRule = (document: unknown) => string[]

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const at = (value: unknown, ...way: string[]): unknown =>
  way.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value)

const entries = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value) : []

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const keys = (value: unknown): string[] => entries(value).map(([key]) => key)

const words = (value: unknown): string => (typeof value === 'string' ? value : '')

const methods = new Set(['get', 'post', 'put', 'patch', 'delete'])

interface Operation {
  /** `POST /vm_read`, for complaints. */
  place: string
  path: string
  method: string
  operation: unknown
}

/** Everything under a path, whether it is an operation or not. */
const operations = (document: unknown): Operation[] =>
  entries(at(document, 'paths')).flatMap(([path, item]) =>
    entries(item).map(([method, operation]) => ({
      place: `${method.toUpperCase()} ${path}`,
      path,
      method,
      operation
    }))
  )

const bodySchema = (operation: unknown): unknown =>
  at(operation, 'requestBody', 'content', 'application/json', 'schema')

interface Part {
  /** `POST /createVM.disks[].capacity` */
  place: string
  schema: unknown
  /** Its name, where it is a property. */
  name: string
  /** How many objects it stands in: 0 for the body itself. */
  depth: number
  /** The description of the array whose items it is. */
  about: string
}

/** A schema and every schema in it, also where a converter must not meet one. */
function* partsOf(schema: unknown, part: Omit<Part, 'schema'>): Generator<Part> {
  const { place, name, depth } = part
  yield { ...part, schema }
  const inner = { depth, about: words(at(schema, 'description')), name }
  for (const [key, property] of entries(at(schema, 'properties')))
    yield* partsOf(property, { ...inner, place: `${place}.${key}`, name: key, depth: depth + 1 })
  for (const key of ['items', 'not', 'additionalProperties'])
    if (isObject(schema) && key in schema && (key === 'items' || isObject(schema[key])))
      yield* partsOf(schema[key], { ...inner, place: key === 'items' ? `${place}[]` : place })
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'])
    for (const each of list(at(schema, key)))
      yield* partsOf(each, { ...inner, place: `${place} (${key})` })
}

/** Every schema of every body. */
const bodyParts = (document: unknown): Part[] =>
  operations(document).flatMap(({ place, operation }) => [
    ...partsOf(bodySchema(operation), { place, name: '', depth: 0, about: '' })
  ])

const complain = <T extends { place: string }>(
  among: T[],
  complaint: (each: T) => string | false | undefined
): string[] =>
  among.flatMap((each) => {
    const found = complaint(each)
    return found === false || found === undefined ? [] : [`${each.place} ${found}`]
  })

/** Every key in a value, however deep. */
function* keysIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const each of value) yield* keysIn(each)
  for (const [key, inner] of entries(value)) {
    yield key
    yield* keysIn(inner)
  }
}

/** A4: what makes the converter of one version or another throw, and with it every server vanish. */
const crashers: DocumentRule = (document) => [
  ...(isObject(at(document, 'paths')) ? [] : ['paths is no object']),
  ...complain(operations(document), ({ method, operation }) => {
    if (!methods.has(method)) return 'is not a method'
    if (!isObject(operation)) return 'is not an object'
    if (!isObject(at(operation, 'requestBody', 'content') ?? {})) return 'has content of no kind'
    return false
  }),
  ...complain(bodyParts(document), ({ schema }) => {
    if (!isObject(schema)) return `is ${JSON.stringify(schema)}, not a schema`
    if ('required' in schema && !Array.isArray(schema['required'])) return 'has required as no list'
    if ('properties' in schema && !isObject(schema['properties'])) return 'has odd properties'
    return false
  }),
  ...([...keysIn(document)].includes('$ref') ? ['a $ref could be circular'] : [])
]

/** A7: calls go to the connection's address and the path; nothing else is read. `/` says no more. */
const onlyPaths: DocumentRule = (document) => [
  ...(JSON.stringify(at(document, 'servers')) === '[{"url":"/"}]' ? [] : ['servers is never read']),
  ...complain(operations(document), ({ path, operation }) => {
    if (!/^\/[\w-]+$/.test(path)) return 'is not one plain word'
    return at(operation, 'servers') !== undefined && 'has servers of its own'
  })
]

/** A8: what users are shown of the server. */
const info: DocumentRule = (document) =>
  ['title', 'version', 'description'].flatMap((name) => {
    const { length } = words(at(document, 'info', name))
    return length > 0 && length <= 200 ? [] : [`info.${name} has ${length} characters`]
  })

/** B1: an operation without an operationId is silently no tool. */
const named: DocumentRule = (document) =>
  complain(
    operations(document),
    ({ operation }) => words(at(operation, 'operationId')) === '' && 'has no operationId'
  )

/** B2: what providers take as a name. */
const plainNames: DocumentRule = (document) =>
  complain(
    operations(document),
    ({ operation }) =>
      !/^[a-zA-Z0-9_-]{1,48}$/.test(words(at(operation, 'operationId'))) && 'has an unfit name'
  )

/**
 * B3: no name twice, and none that ends like another, because OpenWebUI's filter of names compares
 * their ends. One such pair is older than this bridge, and the page of OpenWebUI warns of it.
 */
const distinctNames: DocumentRule = (document) => {
  const names = operations(document).map(({ operation }) => words(at(operation, 'operationId')))
  return names.flatMap((name, index) =>
    names.flatMap((other, otherIndex) => {
      const isOldPair = name === 'delete_snapshotVM' && other === 'snapshotVM'
      return index !== otherIndex && name.endsWith(other) && !isOldPair
        ? [`${name} ends like ${other}`]
        : []
    })
  )
}

/** B4: each tool says what it is for, in a few sentences. */
const described: DocumentRule = (document) =>
  complain(operations(document), ({ operation }) => {
    const { length } = words(at(operation, 'description'))
    return (length < 40 || length > 1024) && `has a description of ${length} characters`
  })

/** B5: POST with an inline JSON body, the one shape that both converters read. */
const onePostShape: DocumentRule = (document) =>
  complain(operations(document), ({ method, operation }) => {
    if (method !== 'post') return 'is not POST'
    const types = keys(at(operation, 'requestBody', 'content'))
    const body = at(operation, 'requestBody')
    if (body !== undefined && types.join() !== 'application/json') return `takes ${types.join()}`
    return isObject(body) && '$ref' in body && 'has a body elsewhere'
  })

/** B6: arguments stand in the body only: elsewhere they are bent, sent twice or not sent. */
const bodyArgumentsOnly: DocumentRule = (document) =>
  complain(operations(document), ({ path, method, operation }) => {
    if (method === 'parameters' || list(at(operation, 'parameters')).length > 0)
      return 'has parameters outside the body'
    return /[{}?]/.test(path) && 'has parameters in its path'
  })

/** B7: a body also without arguments, or else the browser sends none. */
const bodyAlways: DocumentRule = (document) =>
  complain(
    operations(document),
    ({ operation }) => !isObject(bodySchema(operation)) && 'has no body'
  )

/** C1: what a converter would have to look up. */
const inline: DocumentRule = (document) => {
  const found = new Set([...keysIn(document)].filter((key) => referring.has(key)))
  return [...found].map((key) => `there is ${key}`)
}
const referring = new Set(['$ref', '$defs', 'definitions', '$anchor', '$dynamicRef'])

/** C2: the arguments are the properties of one object. */
const objectAtTop: DocumentRule = (document) =>
  complain(operations(document), ({ operation }) => {
    const schema = bodySchema(operation)
    if (at(schema, 'type') !== 'object') return 'takes no object'
    return !isObject(at(schema, 'properties')) && 'has no properties'
  })

const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array'])

/**
 * C3: one plain type each; a converter makes a string of anything else. A description of every
 * argument; what an item of a list is, the description of the list says.
 */
const plainTypes: DocumentRule = (document) =>
  complain(bodyParts(document), ({ schema, depth, place }) => {
    if (!types.has(words(at(schema, 'type')))) return 'has no single plain type'
    const odd = ['anyOf', 'oneOf', 'allOf', 'not', 'const'].find((key) => key in (schema as Json))
    if (odd !== undefined) return `has ${odd}`
    const isArgument = depth > 0 && !place.endsWith('[]')
    return isArgument && words(at(schema, 'description')) === '' && 'has no description'
  })

/** C4: providers refuse an array without. */
const itemsOfArrays: DocumentRule = (document) =>
  complain(
    bodyParts(document),
    ({ schema }) =>
      at(schema, 'type') === 'array' && !isObject(at(schema, 'items')) && 'lacks items'
  )

/**
 * C5: some model servers pass on the description and nothing else, so whatever limits a value is said
 * there; and what is nested deeper than one object in a list is lost on them.
 */
const saidInWords: DocumentRule = (document) =>
  complain(bodyParts(document), ({ schema, name, depth, about }) => {
    const description = words(at(schema, 'description'))
    const limits = ['default', 'minimum', 'maximum'].map((key) => at(schema, key))
    const unsaid = [...list(at(schema, 'enum')), ...limits]
      .filter((value) => value !== undefined)
      .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
      .find((value) => !description.includes(value))
    if (unsaid !== undefined) return `does not say ${unsaid} in words`
    const format = words(at(schema, 'format'))
    const hints = `${description} ${name} ${about}`.toLowerCase()
    if (!hints.includes(format)) return `does not say that it is a ${format}`
    return depth > 2 && 'is nested too deep'
  })

const noise = ['title', '$schema', '$id', 'examples', 'additionalProperties', 'patternProperties']

/** C6: what costs tokens in every prompt and says nothing. */
const quiet: DocumentRule = (document) =>
  complain(bodyParts(document), ({ schema }) => {
    if (!isObject(schema)) return false
    if (schema['default'] === null) return 'has default null'
    const found = noise.find((key) => key in schema)
    return found !== undefined && `has ${found}`
  })

/** C7: the order of the properties is the order in the prompt. */
const requiredFirst: DocumentRule = (document) =>
  complain(bodyParts(document), ({ schema }) => {
    const required = list(at(schema, 'required'))
    const first = keys(at(schema, 'properties')).slice(0, required.length)
    return first.join() !== required.join() && `has ${required.join(', ')} not first`
  })

/** By the number of the rule, with what it asks for. */
export const documentRules: Record<string, [string, DocumentRule]> = {
  A4: ['nothing that crashes a converter', crashers],
  A7: ['nothing that relies on what is never read', onlyPaths],
  A8: ['a title, a version and a short description', info],
  B1: ['a name for every tool', named],
  B2: ['names that providers take', plainNames],
  B3: ['no two names alike', distinctNames],
  B4: ['a description of every tool', described],
  B5: ['POST with an inline JSON body', onePostShape],
  B6: ['arguments in the body only', bodyArgumentsOnly],
  B7: ['a body also without arguments', bodyAlways],
  C1: ['everything inline', inline],
  C2: ['an object with properties at the top', objectAtTop],
  C3: ['one plain type and a description for every argument', plainTypes],
  C4: ['items for every array', itemsOfArrays],
  C5: ['allowed words, ranges and defaults in the description too', saidInWords],
  C6: ['no noise', quiet],
  C7: ['what is required first', requiredFirst]
}
