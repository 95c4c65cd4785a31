import { isIP } from 'node:net'
import { connect, rootCertificates, type ConnectionOptions } from 'node:tls'
import type { buildConnector } from 'undici'
import { afterSilence } from '../../lib/time/after-silence.ts'
import type { Access, TlsSettings } from '../access.ts'
import { connectFailure, pinMismatch } from './connect-failure.ts'
import { NodeFailure } from './node-failure.ts'

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
 * Opens the connections of one node: TLS, judged as the settings say before the connection is handed
 * out, so that not a byte of a request reaches a node that is not trusted. Where a certificate is
 * refused and the settings have changed meanwhile, a second connection is judged by the new ones. No
 * TLS session is ever resumed: a resumed one shows no certificate to compare with the pins.
 *
 * Every failure is a `NodeFailure`.
 */
export function createConnector(
  node: string,
  access: Access,
  connectMs: number
): buildConnector.connector {
  return (options, callback) => {
    const { tls } = access
    const hint = (): string => access.tlsHint
    const lookAgain = async (error: NodeFailure): Promise<void> => {
      if (await access.hasNewTls(tls))
        connectorFor(node, access.tls, hint, connectMs)(options, callback)
      else callback(error, null)
    }
    connectorFor(
      node,
      tls,
      hint,
      connectMs
    )(options, (...result) => {
      const [error] = result
      if (error instanceof NodeFailure && error.facts.code === 'CLUSTER_TLS') void lookAgain(error)
      else callback(...result)
    })
  }
}

function connectorFor(
  node: string,
  tls: TlsSettings,
  hint: () => string,
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
    const cancelTimer = afterSilence(connectMs, () => {
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
    })
    // A refused certificate is lost with its connection: its fingerprint is kept before Node checks
    // it. Not by getPeerX509Certificate, which Node 20 returns only once, and no other after it.
    let shown: string | undefined
    if (tls.mode === 'verify')
      socket.prependOnceListener('secure', () => {
        shown = socket.getPeerCertificate().fingerprint256
      })
    const onFailure = (error: Error): void => {
      cancelTimer()
      socket.off('secureConnect', onSecure)
      callback(connectFailure(node, error, shown, hint), null)
    }
    const onSecure = (): void => {
      cancelTimer()
      socket.off('error', onFailure)
      const fingerprint = socket.getPeerX509Certificate()?.fingerprint256
      if (tls.mode === 'pin' && !pins.has(normalFingerprint(fingerprint ?? ''))) {
        socket.on('error', () => {}).destroy()
        callback(pinMismatch(node, fingerprint, hint), null)
      } else {
        callback(null, socket)
      }
    }
    socket.once('error', onFailure).once('secureConnect', onSecure)
  }
}
