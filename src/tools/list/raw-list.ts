import { type Static, type TObject } from '@sinclair/typebox'
import { shareParsed, sourceOf } from '../../lib/json/json-source.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { SharedViews } from '../../lib/flow/shared-views.ts'
import { pieceTokens } from '../../views/text/token-estimate.ts'
import type { ResponseForm } from '../../views/text/text-form.ts'
import { chooseFields } from './named-fields.ts'
import { listResponse, type pageArguments } from './list-response.ts'

/** Fields that are named; all are counted. */
const maxNamed = 20

/** What a raw response may cost a model that asked for no other limit; Claude Code takes no more. */
const ceilingTokens = 25_000

/** The part of a body that is shown, and what is said of the rest. */
export interface ShownBody {
  body: unknown
  total?: number
  next_offset?: number
  note?: string
}

/** Of bodies that are shared. */
const shown = new SharedViews<ShownBody>()

type PageArguments = Static<TObject<typeof pageArguments>>

const isAsked = ({ fields, limit, offset, max_tokens: maxTokens }: PageArguments): boolean =>
  fields !== undefined || limit !== undefined || offset !== undefined || maxTokens !== undefined

/** As many fields of one record as fit, the small ones first; those that are left out are named. */
function showRecord(record: JsonObject, maxTokens: number): ShownBody {
  const sized = Object.entries(record)
    .map(([name, value]) => ({ name, tokens: pieceTokens(JSON.stringify({ [name]: value })) }))
    .toSorted((a, b) => a.tokens - b.tokens)
  let room = maxTokens
  const leftOut = new Set(
    sized.filter(({ tokens }) => (room -= tokens) < 0).map(({ name }) => name)
  )
  if (leftOut.size === 0) return { body: record }
  const shown = Object.entries(record).filter(([name]) => !leftOut.has(name))
  const names = [...leftOut].slice(0, maxNamed).join(', ')
  return {
    body: Object.fromEntries(shown),
    note: `${leftOut.size} fields are left out, too large for max_tokens: ${names}`
  }
}

/**
 * As much of a body as was asked for, or as a model can take: records of a list by fields, page and
 * tokens, as list tools show them. A program that reads JSON and asked for nothing gets the body whole.
 * @throws {BridgeError} INVALID_ARGUMENT for an offset past the end, or a field that is none.
 */
export function showBody(body: unknown, args: PageArguments, form: ResponseForm): ShownBody {
  if ((form === 'json' && !isAsked(args)) || typeof body !== 'object' || body === null)
    return { body }
  const { fields, limit, offset, max_tokens: maxTokens } = args
  const isShared = sourceOf(body) !== undefined
  return shown.of(body, JSON.stringify([form, fields, limit, offset, maxTokens]), () => {
    const part = partOf(body, args, form)
    // What is shown of it comes out the same each time, too.
    if (isShared && typeof part.body === 'object' && part.body !== null && part.body !== body)
      shareParsed(part.body)
    return part
  })
}

function partOf(body: object, args: PageArguments, form: ResponseForm): ShownBody {
  const { max_tokens: maxTokens = ceilingTokens, ...page } = args
  if (isObject(body))
    return showRecord(args.fields?.length ? chooseFields(body, args.fields) : body, maxTokens)
  if (!Array.isArray(body) || body.length === 0 || !body.every(isObject)) return { body }
  const list = listResponse(body, { ...page, max_tokens: maxTokens, detail: 'full' }, form)
  if (list.returned === list.total) return { body: list.items }
  const { total, returned, items, next_offset: next } = list
  return {
    body: items,
    total,
    ...(next !== undefined && { next_offset: next }),
    note:
      `${returned} of ${total} records are shown` +
      (next === undefined
        ? ''
        : `: offset ${next} gives the next; fields names what each is to have`)
  }
}
