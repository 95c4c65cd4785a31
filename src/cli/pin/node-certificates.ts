import { BridgeError } from '../../lib/errors/errors.ts'
import { fetchCertificate, type NodeCertificate } from '../../hypercore/transport/certificate.ts'
import { dayOf } from '../../lib/text/units.ts'
import { hang } from '../io/layout.ts'
import type { Terminal } from '../io/terminal.ts'

/** What a node presented, or why it presented nothing. */
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

const daysLeft = ({ validTo }: NodeCertificate): number =>
  // oxlint-disable-next-line no-restricted-properties -- compared with a date
  Math.floor((Date.parse(validTo) - Date.now()) / dayMs)

/** How long a certificate is still valid: `412 days left, until 2028-01-08`. */
export function validity(certificate: NodeCertificate): { days: number; text: string } {
  const days = daysLeft(certificate)
  const date = dayOf(certificate.validTo)
  return {
    days,
    text: days < 0 ? `expired on ${date}` : `${days} days left, until ${date}`
  }
}

/** A certificate for the administrator who has to decide whether it is the right one. */
function certificateLines(terminal: Terminal, certificate: NodeCertificate): string[] {
  const { subject, issuer, selfSigned, validFrom, validTo, names, fingerprint256 } = certificate
  const days = daysLeft(certificate)
  const rows = {
    Subject: subject,
    'Issued by': selfSigned ? 'itself (self-signed)' : issuer,
    Valid: `${dayOf(validFrom)} to ${dayOf(validTo)} (${days < 0 ? 'expired' : `${days} days left`})`,
    Names: names.join(', ') || 'none'
  }
  const lines = Object.entries(rows).flatMap(([label, text]) =>
    hang(`  ${label.padEnd(13)}`, text, terminal.width)
  )
  const label = `  ${'SHA-256'.padEnd(13)}`
  const fingerprint = hang(label, fingerprint256, terminal.width).map(
    (line) => line.slice(0, label.length) + terminal.style('bold', line.slice(label.length))
  )
  return [...lines, ...fingerprint]
}

/** Shows what a node presented, followed by how it compares with the pins. */
export function showNode(terminal: Terminal, view: NodeView, comparison: string[] = []): void {
  terminal.line(terminal.style('bold', view.origin))
  const lines =
    view.certificate === undefined
      ? hang('  ', view.problem ?? 'no certificate', terminal.width).map((line) =>
          terminal.style('red', line)
        )
      : [...certificateLines(terminal, view.certificate), ...comparison.map((line) => `  ${line}`)]
  for (const line of lines) terminal.line(line)
  terminal.line()
}

/** How to make sure that the connection is not intercepted. */
export const comparisonAdvice =
  'Compare each SHA-256 fingerprint with the one the node itself shows: on its web page, opened on ' +
  'its own network, or with `openssl x509 -in CERT -noout -fingerprint -sha256` on the certificate ' +
  'you installed. Once pinned, the bridge talks to these certificates only.'
