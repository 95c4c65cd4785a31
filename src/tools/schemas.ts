import {
  type ObjectOptions,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type
} from '@sinclair/typebox'
import { notBlankPattern, uuidPattern } from '../schema-problems.ts'

/** A plain JSON Schema enum: `anyOf` of constants is lost on several clients (OpenAPI C3). */
export const StringEnum = <const T extends string>(
  values: readonly T[],
  description: string
): TUnsafe<T> => Type.Unsafe<T>({ type: 'string', enum: [...values], description })

/** The arguments of a tool: unknown ones are refused. */
export const Input = <T extends TProperties>(
  properties: T,
  options: ObjectOptions = {}
): TObject<T> => Type.Object(properties, { ...options, additionalProperties: false })

/** No arguments. */
export const NoInput = Input({})

/** A name or label people choose: one sign at least that can be seen. */
export const Name = (description: string) =>
  Type.String({ minLength: 1, maxLength: 255, pattern: notBlankPattern, description })

/** The uuid of an entity; `description` says of which, and which tool shows it. */
export const Uuid = (description: string) =>
  Type.String({ format: 'uuid', pattern: uuidPattern, description })

export const VmUuid = Uuid('uuid of the VM, from vm_read or fetch_vm')

/** A task tag: decimal digits on the wire, to be treated as opaque (FACTS 3.2). */
export const TaskTag = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'taskTag from the answer of the call that started the task'
})

/** How long a writing tool waits for its task. */
export const Wait = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: 300,
    default: 20,
    description: 'seconds to wait for the task to end; 0 returns at once'
  })
)

/** A record of the cluster: its own fields, and whatever later versions add. */
export const ClusterRecord = (
  description: string,
  properties: Record<string, TSchema> = {}
): TUnsafe<Record<string, unknown>> =>
  Type.Unsafe<Record<string, unknown>>(
    Type.Object(properties, { description, additionalProperties: true })
  )

/** The answer of every list. */
export const ListAnswer = (item: TSchema) =>
  Type.Object({
    total: Type.Integer({ description: 'how many there are' }),
    returned: Type.Integer({ description: 'how many are shown' }),
    items: Type.Array(item),
    next_offset: Type.Optional(
      Type.Integer({ description: 'offset of the next page; absent on the last' })
    ),
    hint: Type.Optional(Type.String({ description: 'what to try when nothing was found' }))
  })

/** The answer of every write. */
export const WriteAnswer = (extras: Record<string, TSchema> = {}) =>
  Type.Object({
    taskTag: Type.String({ description: 'the task, for waitTask; empty when none was started' }),
    createdUUID: Type.String({ description: 'uuid of what was made; empty when nothing was' }),
    state: StringEnum(
      ['QUEUED', 'RUNNING', 'COMPLETE', 'ERROR', 'UNKNOWN'],
      'how far the work is; UNKNOWN: accepted, how it ended is not known'
    ),
    progressPercent: Type.Integer({ minimum: 0, maximum: 100 }),
    message: Type.String({ description: 'what happened, and what to call next' }),
    ...extras
  })
