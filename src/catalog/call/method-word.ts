import { BridgeError } from '../../lib/errors/errors.ts'
import { type HttpMethod, httpMethods } from '../../lib/http/http-method.ts'

/** A caller's `query` without a method before it. */
export interface PlainQuery {
  query: string
  /** What was left out; undefined if nothing was. */
  note: string | undefined
}

/**
 * Takes the method off a `query` that is written as a request line, `GET /VirDomain`.
 * @param method of the call
 * @throws {BridgeError} INVALID_ARGUMENT if the two methods differ.
 */
export function withoutMethodWord(given: string, method: HttpMethod): PlainQuery {
  const [, word = '', query = ''] = /^\s*([A-Za-z]+)[ \t]+(\S.*)$/.exec(given) ?? []
  const named = httpMethods.find((name) => name === word.toUpperCase())
  if (named === undefined) return { query: given, note: undefined }
  if (named !== method)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `query begins with ${named}, but method is ${method}: name the method once, in method; nothing was sent`
    )
  return { query, note: `${word} was left out of query: method says it` }
}
