import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
  verify
} from 'node:crypto'
import { link, readFile, unlink } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { codeOf } from '../../lib/errors/error-code.ts'
import { replaceFile } from '../../lib/files/replace-file.ts'
import type { AuditEntry } from '../entry.ts'

/** A public key as entries and commands show it: base64 of its DER. */
export const publicText = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'der' }).toString('base64')

/** SHA-256 of a public key, of which the first 32 digits name it. */
export const fingerprintOf = (text: string): string =>
  createHash('sha256').update(Buffer.from(text, 'base64')).digest('hex').slice(0, 32)

/** What a checkpoint signs: its place, and by `prev` everything before it. */
const signedText = ({ seq, time, prev, key }: Partial<AuditEntry>): Buffer =>
  Buffer.from(['scale-bridge audit checkpoint', seq, time, prev, key].join('\n'))

/** Whether a checkpoint was signed by the private half of this key. */
export function isSignedBy(checkpoint: AuditEntry, publicKey: string): boolean {
  const { signature } = checkpoint
  // One form of hexadecimal digits, so that no other line says the same.
  if (typeof signature !== 'string' || !/^[0-9a-f]{128}$/.test(signature)) return false
  try {
    const key = createPublicKey({
      key: Buffer.from(publicKey, 'base64'),
      format: 'der',
      type: 'spki'
    })
    return verify(null, signedText(checkpoint), key, Buffer.from(signature, 'hex'))
  } catch {
    return false
  }
}

/** The Ed25519 key that signs checkpoints. */
export class AuditKey {
  readonly publicKey: string
  readonly fingerprint: string
  readonly #key: KeyObject

  constructor(key: KeyObject) {
    this.#key = key
    this.publicKey = publicText(createPublicKey(key))
    this.fingerprint = fingerprintOf(this.publicKey)
  }

  /** A secret of 32 bytes for another purpose, which a holder of the key has, too. */
  secretFor(purpose: string): Buffer {
    const bytes = this.#key.export({ type: 'pkcs8', format: 'der' })
    return Buffer.from(hkdfSync('sha256', bytes, '', `scale-bridge ${purpose}`, 32))
  }

  /** The fields of a checkpoint that will stand there. */
  sign(place: Pick<AuditEntry, 'seq' | 'time' | 'prev'>): { key: string; signature: string } {
    const key = this.fingerprint
    const signature = sign(null, signedText({ ...place, key }), this.#key).toString('hex')
    return { key, signature }
  }
}

/**
 * Reads the key.
 * @throws {Error} for a file that cannot be read or holds no Ed25519 key; ENOENT where there is none
 */
export async function readKey(path: string): Promise<AuditKey> {
  const text = await readFile(path, 'utf8')
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch {
    throw new Error(`${path} holds no private key in PEM`)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} holds no Ed25519 key`)
  return new AuditKey(key)
}

/** Reads the key; creates it (0600) where there is none. Of several processes at once, one creates it. */
export async function openKey(path: string): Promise<AuditKey> {
  try {
    return await readKey(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.new`
  await replaceFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  try {
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await unlink(draft).catch(() => undefined)
  }
  return readKey(path)
}
