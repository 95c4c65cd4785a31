import Negotiator from 'negotiator'
import { RecentMap } from '../flow/recent-map.ts'

/** Negotiation costs time for each entry, and no client sends a longer list. */
const maxLength = 1000

/**
 * The media type that an `Accept` header prefers (RFC 9110, 12.5.1); undefined if it accepts none.
 * Without a header, and where the client does not care, the first one offered.
 * @param offered with the parameters they are sent with: a client may name those too
 */
export function preferredType<T extends string>(
  accept: string | undefined,
  offered: readonly T[]
): T | undefined {
  const header = accept === undefined || accept.length > maxLength ? undefined : accept
  return new Negotiator({ headers: { accept: header } }).mediaType(offered) as T | undefined
}

/** Whether an `Accept` header names a media type itself, instead of covering it with `*`. */
export const namesType = (accept: string | undefined, type: string): boolean =>
  accept !== undefined &&
  accept.length <= maxLength &&
  new Negotiator({ headers: { accept } }).mediaTypes().includes(type)

export const jsonType = 'application/json; charset=utf-8'
export const textType = 'text/plain; charset=utf-8'

/** By header: clients send the same with every call. */
const preferences = new RecentMap<boolean>(50)

/** Whether the caller prefers compact text over JSON; JSON where it accepts neither. */
export function prefersText(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > maxLength) return false
  const known = preferences.get(accept)
  if (known !== undefined) return known
  const prefers = preferredType(accept, [jsonType, textType]) === textType
  preferences.set(accept, prefers)
  return prefers
}
