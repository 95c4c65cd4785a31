const source = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'

/** HyperCore's entity ids: RFC 4122 text, lower case on the cluster (FACTS 3.5). */
export const uuidPattern = `^${source}$`

/** As above, or nothing. */
export const optionalUuidPattern = `^$|${uuidPattern}`

/** A uuid that lost its end, or has the shape of one with a wrong character: no name looks like that. */
const brokenUuid =
  '(?=[\\s\\S]*[a-fA-F])[0-9a-fA-F]{8}-[0-9a-fA-F-]*(?:…|\\.\\.\\.)?$|' +
  '(?=(?:\\D*\\d){6})[0-9a-zA-Z]{7,9}(?:-[0-9a-zA-Z]{3,5}){3}-[0-9a-zA-Z]{10,14}$'

/** A whole uuid, or a name, which is any text that is not a broken uuid. */
export const referencePattern = `^(?:${source}$|(?!${brokenUuid})[\\s\\S]*\\S)`

/** As above, or nothing. */
export const optionalReferencePattern = `^$|${referencePattern}`

/** For messages. */
export const exampleUuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

const whole = new RegExp(uuidPattern)

/** Whether a text is a uuid and nothing else, in either case. */
export const isUuid = (text: string): boolean => whole.test(text)

/** Every uuid that stands as a word of its own in a text; for `replaceAll`. */
export const uuidsInText = new RegExp(`\\b${source}\\b`, 'g')

const parts = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i

/**
 * The uuid that a text is, as the cluster writes it: lower case and with dashes, without braces and
 * `urn:uuid:`. Undefined if it is none.
 */
export function parseUuid(text: string): string | undefined {
  const bare = text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1')
  return parts.exec(bare)?.slice(1).join('-').toLowerCase()
}
