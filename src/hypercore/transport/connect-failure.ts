import { networkWords, tlsWords } from '../../lib/http/network-words.ts'
import { NodeFailure, type NodeFailureFacts } from './node-failure.ts'

/**
 * How to come to trust certificates. The fingerprints stand in it, because not everybody who meets
 * the failure has the command at hand.
 */
function pinAdvice(alike: Pick<NodeFailureFacts, 'node' | 'fingerprint'>[]): string {
  const command = `\`scale-bridge pin ${alike.map(({ node }) => node).join(' ')}\``
  const shown = alike.filter(({ fingerprint }) => fingerprint !== undefined)
  const [first, ...more] = shown
  if (first === undefined)
    return `${command} shows and pins ${alike.length === 1 ? 'its certificate' : 'their certificates'}`
  if (more.length === 0)
    return (
      `compare the SHA-256 fingerprint ${first.fingerprint} with the one on ${first.node} itself, ` +
      `then pin it: ${command}, or SCALE_TLS=pin with this fingerprint in SCALE_TLS_FINGERPRINT`
    )
  const list = shown.map(({ node, fingerprint }) => `${fingerprint} (${node})`).join(', ')
  return (
    `compare the SHA-256 fingerprints ${list} with those on the nodes themselves, then pin them: ` +
    `${command}, or SCALE_TLS=pin with the fingerprints, comma-separated, in SCALE_TLS_FINGERPRINT`
  )
}

/** How a correction reaches the bridge, as a clause. */
type Hint = () => string

const noHint: Hint = () => ''

function tlsFailure(
  node: string,
  reason: string,
  hint: Hint,
  fingerprint?: string,
  cause?: unknown
): NodeFailure {
  return new NodeFailure({
    code: 'CLUSTER_TLS',
    node,
    reason,
    advice: (alike) => pinAdvice(alike) + hint(),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    mayHaveActed: false,
    repeat: 'elsewhere',
    cause
  })
}

/** The leaf is none of the pinned certificates. */
export function pinMismatch(
  node: string,
  fingerprint: string | undefined,
  hint: Hint
): NodeFailure {
  return tlsFailure(
    node,
    'showed a certificate that is not pinned: either it got a new one, or something else responds ' +
      'in its place',
    hint,
    fingerprint
  )
}

function wrongName(error: Error): string {
  const names = (error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname
  return names === undefined || names === ''
    ? 'has a certificate without any name of its own'
    : `has a certificate issued for other names (${names})`
}

/**
 * Why no secured connection to a node came about. Nothing was sent.
 * @param fingerprint of the certificate it showed, if it came that far.
 */
export function connectFailure(
  node: string,
  error: Error,
  fingerprint?: string,
  hint: Hint = noHint
): NodeFailure {
  if (error instanceof NodeFailure) return error
  const { code = '' } = error as { code?: string }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return tlsFailure(node, wrongName(error), hint, fingerprint, error)
  const badCertificate = tlsWords[code]
  if (badCertificate !== undefined)
    return tlsFailure(node, badCertificate, hint, fingerprint, error)
  const word = networkWords[code]
  if (word === undefined && /SSL|TLS|CERT|CRL|EPROTO/.test(code)) {
    const reason = `could not agree on TLS with this machine (${code})`
    return tlsFailure(node, reason, hint, fingerprint, error)
  }
  return new NodeFailure({
    code: code === 'ETIMEDOUT' ? 'CLUSTER_TIMEOUT' : 'CLUSTER_UNREACHABLE',
    node,
    reason: word ?? `could not be reached (${code === '' ? error.name : code})`,
    advice: 'check SCALE_HOST and that the node is up',
    mayHaveActed: false,
    // A handshake that broke off may succeed a moment later; a refusal will not.
    repeat: code === 'ECONNRESET' || code === 'EPIPE' ? 'anywhere' : 'elsewhere',
    cause: error
  })
}
