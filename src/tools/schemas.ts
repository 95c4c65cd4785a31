import {
  type ObjectOptions,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type
} from '@sinclair/typebox'
import { lettersAndDigits } from '../lib/text/normalize.ts'
import {
  uuidPattern,
  optionalUuidPattern,
  referencePattern,
  optionalReferencePattern,
  exampleUuid
} from '../lib/text/uuid.ts'
import { notBlankPattern } from '../lib/json/validation-problems.ts'
import type { ArgumentKeywords, Entity } from '../lib/json/schema-keywords.ts'

/**
 * A plain JSON Schema enum: `anyOf` of constants is lost on several clients (OpenAPI C3).
 * @param advice what to say to words that are used for one of the values, or for several
 */
export const StringEnum = <const T extends string>(
  values: readonly T[],
  description: string,
  advice: Record<string, string> = {},
  more: ArgumentKeywords = {}
): TUnsafe<T> =>
  Type.Unsafe<T>({
    ...more,
    type: 'string',
    enum: [...values],
    description,
    'x-advice': new Map(
      Object.entries(advice).map(([word, text]) => [lettersAndDigits(word), text])
    )
  })

/** The arguments of a tool: unknown ones are refused. */
export const Input = <T extends TProperties>(
  properties: T,
  options: ObjectOptions = {}
): TObject<T> => Type.Object(properties, { ...options, additionalProperties: false })

/** What a value of JSON may be, for fields that may be anything. */
export const jsonTypes = ['object', 'array', 'string', 'number', 'boolean', 'null'] as const

/** No arguments. */
export const NoInput = Input({})

/**
 * A name or label people choose: at least one visible character.
 * @param source what it is, for errors
 */
export const Name = (description: string, source?: string) =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: notBlankPattern,
    description,
    ...(source !== undefined && { 'x-hint': source })
  })

/** The uuid of an entity; `description` says of which, and which tool shows it. */
export const Uuid = (description: string) =>
  Type.String({
    format: 'uuid',
    maxLength: 255,
    pattern: uuidPattern,
    'x-example': JSON.stringify(exampleUuid),
    description
  })

/**
 * A uuid, or empty text, which stands for none.
 * @param source where it comes from, for errors
 */
export const UuidOrEmpty = (description: string, source: string) =>
  Type.String({ maxLength: 255, pattern: optionalUuidPattern, 'x-hint': source, description })

/** For errors: what is not worth its tokens in every prompt. */
const sources: Record<Entity, string> = {
  vm: 'from fetch_vm or vm_read',
  node: 'from node_read',
  snapshot: 'from vmSnapshots_read',
  schedule: 'from snapshotSchedule_read',
  iso: 'from iso_read'
}

const examples: Record<Entity, string> = {
  vm: '"web-01"',
  node: '"10.20.0.11"',
  snapshot: '"before update"',
  schedule: '"nightly"',
  iso: '"debian-12.iso"'
}

/** A VM, node, snapshot or ISO image: its uuid, or its name, which the tool gets as the uuid. */
export const Reference = (entity: Entity, description: string) =>
  Type.String({
    maxLength: 255,
    pattern: referencePattern,
    'x-entity': entity,
    'x-hint': sources[entity],
    'x-example': examples[entity],
    description
  })

/** As above, or empty text, which stands for none. */
export const ReferenceOrEmpty = (entity: Entity, description: string) =>
  Type.String({
    maxLength: 255,
    pattern: optionalReferencePattern,
    'x-entity': entity,
    'x-hint': sources[entity],
    'x-example': examples[entity],
    description
  })

export const VmUuid = Reference('vm', 'name')

/** Words as HyperCore keeps them: one text, split by commas. A list of words is taken, too. */
export const CommaWords = (description: string) =>
  Type.String({
    maxLength: 4000,
    'x-comma-list': true,
    'x-hint': '"" clears',
    'x-example': '"prod, web"',
    description
  })

/** A task tag: decimal digits on the wire, to be treated as opaque (FACTS 3.2). */
export const TaskTag = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9_-]+$',
  'x-format-hint': 'a task tag such as 1207',
  'x-example': '"1207"',
  description: 'from the call before',
  'x-hint': 'or from taskTagStatus_read'
})

/** How long a call waits for its task. */
export const Wait = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: 300,
    'x-hide-range': true,
    description: 'seconds'
  })
)

/** Takes an argument without listing it: for what is seldom of use, and changes nothing where a client drops it. */
export const unlisted = <T extends TSchema>(argument: T): T => ({ ...argument, 'x-unlisted': true })

/** What every call that writes may say of how it is to be run. */
export const writeArguments = {
  // A client that cannot wait continues with waitTask, or the same call.
  wait: unlisted(Wait),
  again: Type.Optional(
    Type.Boolean({
      'x-unlisted': true,
      description: 'insist',
      'x-hint': 'true sends a call again that was sent a moment ago'
    })
  ),
  dry_run: Type.Optional(Type.Boolean({ description: 'preview' })),
  plan: Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: '^(?:p-[a-z0-9]+)?$',
      'x-format-hint': 'the id of a plan such as p-7f3kx2mq',
      'x-hint': 'leave it out unless the call is to wait for approval',
      description: 'approved'
    })
  )
}

/**
 * A record of the cluster: its own fields, and whatever later versions add.
 * @param properties those worth naming to a model
 */
export const ClusterRecord = <T extends object = Record<string, unknown>>(
  description: string,
  properties: TProperties = {}
): TUnsafe<T> =>
  Type.Unsafe<T>(Type.Object(properties, { description, additionalProperties: true }))

/** Put into the response of every tool by src/tools/call/call-tool.ts where there is something to say. */
const Notes = Type.Optional(
  Type.Array(Type.String(), { description: 'how the arguments were understood' })
)

/** Which fields an item has is the caller's choice: none of them is promised. */
const withoutPromise = ({ required: _, ...item }: TSchema): TUnsafe<Record<string, unknown>> =>
  Type.Unsafe(item)

const listFields = (item: TSchema) => ({
  total: Type.Integer({ description: 'how many there are' }),
  returned: Type.Integer({ description: 'how many are shown' }),
  items: Type.Array(withoutPromise(item)),
  next_offset: Type.Optional(
    Type.Integer({ description: 'offset of the next page; absent on the last' })
  ),
  notes: Notes,
  hint: Type.Optional(
    Type.String({ description: 'how to get the rest; what to try when nothing was found' })
  )
})

/** The response of every list. */
export const ListResponse = <T extends TProperties>(item: TSchema, extras?: T) =>
  Type.Object({ ...listFields(item), ...extras } as ReturnType<typeof listFields> & T)

export type ListResponse = Static<TObject<ReturnType<typeof listFields>>>

/** What a call with `dry_run` returns beside `sent: false`. */
export const DryRunResponse = Type.Optional(
  Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'with dry_run: the exact request, its effect, the targets before and after'
  })
)

const writeFields = {
  taskTag: Type.String({ description: 'the task, for waitTask; empty when none was started' }),
  createdUUID: Type.String({ description: 'uuid of what was created; empty when nothing was' }),
  state: StringEnum(
    ['QUEUED', 'RUNNING', 'COMPLETE', 'ERROR', 'UNKNOWN'],
    'how far the work is; UNKNOWN: accepted, how it ended is not known'
  ),
  progressPercent: Type.Integer({ minimum: 0, maximum: 100 }),
  message: Type.String({ description: 'what happened, and what to call next' }),
  dry_run: DryRunResponse,
  notes: Notes
}

/** The response of every write, with what the tool adds. */
export const WriteResponse = <T extends TProperties>(extras?: T) =>
  Type.Object({ ...writeFields, ...extras } as typeof writeFields & T, { 'x-outcome': true })

export type WriteResponse = Static<TObject<typeof writeFields>>
