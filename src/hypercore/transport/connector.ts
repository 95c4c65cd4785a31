import { isIP } from 'node:net'
import { connect, rootCertificates, type ConnectionOptions } from 'node:tls'
import type { buildConnector } from 'undici'
import { connectFailure, pinMismatch } from './connect-failure.ts'
import { NodeFailure } from './node-failure.ts'

/** How the certificates of the cluster's nodes are judged. */
export interface TlsSettings {
  /**
   * `verify`: chain and name are checked against the known authorities and `ca`.
   * `pin`: only the fingerprint counts; chain, name and dates do not.
   * `insecure`: any certificate will do.
   */
  mode: 'verify' | 'pin' | 'insecure'
  /** SHA-256 of whole certificates, in any case, with or without colons; one of them must match. */
  fingerprints: string[]
  /** Further authorities for `verify`, PEM. */
  ca?: string
}

const tcpKeepAliveMs = 60_000

/** The same fingerprint always the same text, however it was written down. */
export function normalFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(/[^0-9a-f]/gi, '').toUpperCase()
}

/** The name for SNI; an address has none (RFC 6066). */
export function serverName(hostname: string): string {
  return isIP(hostname) === 0 ? hostname : ''
}

/**
 * Opens the connections of one node: TLS, judged as `tls` says before the connection is handed out,
 * so that not a byte of a request reaches a node that is not trusted. No TLS session is ever
 * resumed: a resumed one shows no certificate to compare with the pins.
 *
 * Every failure is a `NodeFailure`.
 */
export function createConnector(
  node: string,
  tls: TlsSettings,
  connectMs: number
): buildConnector.connector {
  const pins = new Set(tls.fingerprints.map(normalFingerprint))
  const options: ConnectionOptions = {
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls.mode === 'verify',
    ...(tls.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] })
  }
  return ({ hostname, port }, callback) => {
    const socket = connect({
      ...options,
      host: hostname,
      port: Number(port === '' ? 443 : port),
      servername: serverName(hostname)
    })
    socket.setNoDelay(true).setKeepAlive(true, tcpKeepAliveMs)
    const timer = setTimeout(() => {
      const seconds = connectMs / 1000
      socket.destroy(
        new NodeFailure({
          code: 'CLUSTER_TIMEOUT',
          node,
          reason: `did not accept the connection within ${seconds} s`,
          advice: 'check SCALE_HOST and that the node is up',
          mayHaveActed: false,
          repeat: 'elsewhere'
        })
      )
    }, connectMs)
    // A refused certificate is gone with its connection: its fingerprint is kept before Node judges
    // it. Not by getPeerX509Certificate, which Node 20 answers once only and then knows no other.
    let shown: string | undefined
    if (tls.mode === 'verify')
      socket.prependOnceListener('secure', () => {
        shown = socket.getPeerCertificate().fingerprint256
      })
    const onFailure = (error: Error): void => {
      clearTimeout(timer)
      socket.off('secureConnect', onSecure)
      callback(connectFailure(node, error, shown), null)
    }
    const onSecure = (): void => {
      clearTimeout(timer)
      socket.off('error', onFailure)
      const fingerprint = socket.getPeerX509Certificate()?.fingerprint256
      if (tls.mode === 'pin' && !pins.has(normalFingerprint(fingerprint ?? ''))) {
        socket.on('error', () => {}).destroy()
        callback(pinMismatch(node, fingerprint), null)
      } else {
        callback(null, socket)
      }
    }
    socket.once('error', onFailure).once('secureConnect', onSecure)
  }
}
