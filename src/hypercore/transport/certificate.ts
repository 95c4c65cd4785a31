import type { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { callerGone } from '../../lib/http/caller-gone.ts'
import { connectFailure } from './connect-failure.ts'
import { serverName } from './connector.ts'
import { NodeFailure } from './node-failure.ts'

/** What a node's certificate says. Nothing of it has been verified. */
export interface NodeCertificate {
  /** SHA-256 of the whole certificate, upper-case hex pairs with colons. */
  fingerprint256: string
  /** For example `CN=scale, O=Scale Computing`. */
  subject: string
  issuer: string
  /** ISO 8601. */
  validFrom: string
  validTo: string
  selfSigned: boolean
  /** The DNS names and addresses it is issued for. */
  names: string[]
}

function withCommas(name: string): string {
  return name.split('\n').join(', ')
}

function isoDate(date: string): string {
  return new Date(date).toISOString()
}

function describe(certificate: X509Certificate): NodeCertificate {
  return {
    fingerprint256: certificate.fingerprint256,
    subject: withCommas(certificate.subject),
    issuer: withCommas(certificate.issuer),
    validFrom: isoDate(certificate.validFrom),
    validTo: isoDate(certificate.validTo),
    selfSigned: certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey),
    names: (certificate.subjectAltName ?? '')
      .split(', ')
      .filter((name) => name !== '')
      .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
  }
}

/**
 * Shows the certificate of a node (`https://host[:port]`) without trusting it and without sending a
 * request. Throws CLUSTER_UNREACHABLE, CLUSTER_TIMEOUT, CLUSTER_TLS or CALLER_GONE.
 */
export function fetchCertificate(
  origin: string,
  options: { timeoutMs: number; signal?: AbortSignal }
): Promise<NodeCertificate> {
  const { timeoutMs, signal } = options
  if (signal?.aborted === true) return Promise.reject(callerGone())
  const url = new URL(origin)
  const host = url.hostname.replaceAll(/[[\]]/g, '')
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(url.port === '' ? 443 : url.port),
      servername: serverName(host),
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1']
    })
    const onAbort = (): void => void socket.destroy(callerGone())
    const timer = setTimeout(
      () =>
        socket.destroy(
          new NodeFailure({
            code: 'CLUSTER_TIMEOUT',
            node: url.host,
            reason: `showed no certificate within ${timeoutMs / 1000} s`,
            advice: 'check the address and that the node is up',
            mayHaveActed: false,
            repeat: 'nowhere'
          })
        ),
      timeoutMs
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
    }
    socket.once('error', (error) => {
      end()
      reject(signal?.aborted === true ? callerGone() : connectFailure(url.host, error).toError())
    })
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      end()
      if (certificate === undefined)
        reject(connectFailure(url.host, new Error('no certificate')).toError())
      else resolve(describe(certificate))
    })
  })
}
