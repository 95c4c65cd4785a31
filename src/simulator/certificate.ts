import {
  createPrivateKey,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
  type KeyPairKeyObjectResult
} from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'

/** What a node needs to speak TLS, and what a client pins. */
export interface NodeCertificate {
  /** The certificate, PEM. */
  certificate: string
  /** The private key, PEM (PKCS #8). */
  privateKey: string
  /** SHA-256 of the certificate as `AB:CD:…`. */
  fingerprint: string
}

/*
 * The certificate is written as DER by hand: a self-signed P-256 certificate is one short, fixed
 * structure (RFC 5280 section 4.1), and a library for it would cost ten times the start of the
 * whole simulator.
 */

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31
} as const

const oid = {
  ecdsaWithSha256: Buffer.from('2a8648ce3d040302', 'hex'),
  commonName: Buffer.from('550403', 'hex'),
  subjectAltName: Buffer.from('551d11', 'hex'),
  basicConstraints: Buffer.from('551d13', 'hex')
} as const

function der(type: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([type, body.length]), body])
  const length = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex')
  return Buffer.concat([Buffer.from([type, 0x80 + length.length]), length, body])
}

const explicit = (number: number, content: Buffer): Buffer => der(0xa0 + number, content)

const bitString = (content: Buffer): Buffer => der(tag.bitString, Buffer.from([0]), content)

function generalizedTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14)
  return der(tag.generalizedTime, Buffer.from(`${digits}Z`))
}

const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))

/** The 16 bytes of an IPv6 address. */
function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::')
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = Array<string>(tail === undefined ? 0 : 8 - first.length - last.length).fill('0')
  const hex = [...first, ...zeros, ...last].map((group) => group.padStart(4, '0')).join('')
  return Buffer.from(hex, 'hex')
}

/** A GeneralName of the subject alternative name: an address or a DNS name. */
function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)))
  if (isIP(name) === 6) return der(0x87, ipv6Bytes(name))
  return der(0x82, Buffer.from(name))
}

const extension = (id: Buffer, critical: boolean, value: Buffer): Buffer =>
  der(
    tag.sequence,
    der(tag.oid, id),
    ...(critical ? [der(tag.boolean, Buffer.from([0xff]))] : []),
    der(tag.octetString, value)
  )

function selfSigned(
  commonName: string,
  names: string[],
  publicKey: Buffer,
  key: KeyObject
): Buffer {
  const algorithm = der(tag.sequence, der(tag.oid, oid.ecdsaWithSha256))
  const name = der(
    tag.sequence,
    der(
      tag.set,
      der(tag.sequence, der(tag.oid, oid.commonName), der(tag.utf8, Buffer.from(commonName)))
    )
  )
  // oxlint-disable-next-line no-restricted-properties -- written into the certificate
  const now = Date.now()
  const day = 24 * 3600 * 1000
  const serial = randomBytes(16)
  // A positive number without leading zeros, as DER requires.
  serial[0] = (serial.readUInt8(0) & 0x3f) | 0x40
  const content = der(
    tag.sequence,
    explicit(0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    algorithm,
    name,
    der(
      tag.sequence,
      generalizedTime(new Date(now - day)),
      generalizedTime(new Date(now + 3650 * day))
    ),
    name,
    publicKey,
    explicit(
      3,
      der(
        tag.sequence,
        extension(
          oid.basicConstraints,
          true,
          der(tag.sequence, der(tag.boolean, Buffer.from([0xff])))
        ),
        extension(oid.subjectAltName, false, der(tag.sequence, ...names.map(alternativeName)))
      )
    )
  )
  return der(tag.sequence, content, algorithm, bitString(sign('sha256', content, key)))
}

const newKeyPair = promisify(generateKeyPair)
const curve = { namedCurve: 'P-256' }

/** Makes the self-signed certificate that a node has from the factory (FACTS 1, S). */
export const createCertificate = async (
  commonName: string,
  names: string[]
): Promise<NodeCertificate> => certificateOf(await newKeyPair('ec', curve), commonName, names)

/** The same at once. */
export const createCertificateSync = (commonName: string, names: string[]): NodeCertificate =>
  certificateOf(generateKeyPairSync('ec', curve), commonName, names)

function certificateOf(
  { publicKey, privateKey }: KeyPairKeyObjectResult,
  commonName: string,
  names: string[]
): NodeCertificate {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const certificate = new X509Certificate(selfSigned(commonName, names, spki, privateKey))
  return {
    certificate: certificate.toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: certificate.fingerprint256
  }
}

/**
 * Reads a certificate and key that a client sent. Throws an error whose message says which of them
 * is not usable.
 */
export function readCertificate(certificate: string, privateKey: string): NodeCertificate {
  let parsed: X509Certificate
  try {
    parsed = new X509Certificate(certificate)
  } catch {
    throw new Error('The certificate is not valid PEM')
  }
  let key: KeyObject
  try {
    key = createPrivateKey(privateKey)
  } catch {
    throw new Error('The private key is not valid PEM')
  }
  if (!parsed.checkPrivateKey(key)) throw new Error('The private key does not fit the certificate')
  return { certificate, privateKey, fingerprint: parsed.fingerprint256 }
}
