import { BridgeError } from '../lib/errors.ts'
import { fetchCertificate, type NodeCertificate } from '../hypercore/transport/certificate.ts'
import type { Terminal } from './io/terminal.ts'

/** What a node showed, or why it showed nothing. */
export interface NodeView {
  /** `https://10.20.0.11` */
  origin: string
  certificate?: NodeCertificate
  problem?: string
}

const timeoutMs = 8000
const dayMs = 24 * 3600e3

/** Asks all nodes at once for their certificates, without trusting any. */
export async function viewNodes(origins: readonly string[]): Promise<NodeView[]> {
  return Promise.all(
    origins.map(async (origin) => {
      try {
        return { origin, certificate: await fetchCertificate(origin, { timeoutMs }) }
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error
        return { origin, problem: error.message }
      }
    })
  )
}

/** How long a certificate still holds: `412 days left, until 2028-01-08`. */
export function remaining(certificate: NodeCertificate): { days: number; text: string } {
  // oxlint-disable-next-line no-restricted-properties -- compared with a date
  const days = Math.floor((Date.parse(certificate.validTo) - Date.now()) / dayMs)
  const date = certificate.validTo.slice(0, 10)
  return {
    days,
    text: days < 0 ? `expired on ${date}` : `${days} days left, until ${date}`
  }
}

/** A certificate for somebody who has to decide whether it is the right one. */
export function certificateLines(terminal: Terminal, certificate: NodeCertificate): string[] {
  const issuer = certificate.selfSigned ? 'itself (self-signed)' : certificate.issuer
  return [
    `Subject      ${certificate.subject}`,
    `Issued by    ${issuer}`,
    `Valid        ${certificate.validFrom.slice(0, 10)} to ${certificate.validTo.slice(0, 10)} (${remaining(certificate).text})`,
    `Made out to  ${certificate.names.join(', ') || 'no name'}`,
    `SHA-256      ${terminal.style('bold', certificate.fingerprint256)}`
  ]
}

/** How to find out that nobody stands in between. */
export const comparisonAdvice =
  'Compare each SHA-256 fingerprint with the one the node itself shows (its web page opened on its own\n' +
  'network, or `openssl x509 -in CERT -noout -fingerprint -sha256` on the certificate you installed).\n' +
  'Once pinned, the bridge talks to these certificates only.'
