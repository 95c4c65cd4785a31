import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/**
 * Encrypts a text for holders of the key.
 * @param key 32 bytes
 * @param place what it belongs to: in another one it does not open
 */
export function seal(key: Buffer, place: string, text: string): string {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(place))
  const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()])
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString('base64')
}

/** The text; undefined where it was sealed with another key, for another place, or was altered. */
export function unseal(key: Buffer, place: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  const [tagAt, textAt] = [nonceBytes, nonceBytes + tagBytes]
  try {
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, tagAt), {
      authTagLength: tagBytes
    })
    opening.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(tagAt, textAt))
    return opening.update(bytes.subarray(textAt), undefined, 'utf8') + opening.final('utf8')
  } catch {
    return undefined
  }
}
