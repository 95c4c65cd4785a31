import { NodeFailure, type NodeFailureFacts } from '../hypercore/transport/node-failure.ts'

/** TLS errors of Node and OpenSSL in plain words, to stand after the name of the node. */
export const tlsWords: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'has a certificate from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate from an authority that is not trusted here',
  CERT_UNTRUSTED: 'has a certificate from an authority that is not trusted here',
  INVALID_CA: 'has a certificate that was not signed by a proper authority',
  INVALID_PURPOSE: 'has a certificate that is not made for servers',
  CERT_HAS_EXPIRED: 'has an expired certificate',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet (compare the clocks)',
  CERT_REVOKED: 'has a revoked certificate',
  CERT_SIGNATURE_FAILURE: 'has a certificate with a broken signature'
}

/** Errors of the operating system and of DNS in plain words. */
export const networkWords: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'is not known to the name server',
  EAI_AGAIN: 'could not be looked up, the name server does not answer',
  EHOSTUNREACH: 'cannot be reached, there is no route to it',
  ENETUNREACH: 'cannot be reached, there is no route to its network',
  EHOSTDOWN: 'is down',
  ETIMEDOUT: 'did not take the connection in time',
  ECONNRESET: 'closed the connection before it was secured',
  EPIPE: 'closed the connection before it was secured',
  EACCES: 'cannot be reached, this machine does not allow the connection',
  EPERM: 'cannot be reached, this machine does not allow the connection'
}

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

function tlsFailure(
  node: string,
  reason: string,
  fingerprint?: string,
  cause?: unknown
): NodeFailure {
  return new NodeFailure({
    code: 'CLUSTER_TLS',
    node,
    reason,
    advice: pinAdvice,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    mayHaveActed: false,
    repeat: 'elsewhere',
    cause
  })
}

/** The leaf is none of the pinned certificates. */
export function pinMismatch(node: string, fingerprint: string | undefined): NodeFailure {
  return tlsFailure(
    node,
    'showed a certificate that is not pinned: either it got a new one, or something else answers ' +
      'in its place',
    fingerprint
  )
}

function wrongName(error: Error): string {
  const names = (error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname
  return names === undefined || names === ''
    ? 'has a certificate without any name of its own'
    : `has a certificate made out to other names (${names})`
}

/**
 * Why no secured connection to a node came about. Nothing was sent.
 * @param fingerprint of the certificate it showed, if it came that far.
 */
export function connectFailure(node: string, error: Error, fingerprint?: string): NodeFailure {
  if (error instanceof NodeFailure) return error
  const { code = '' } = error as { code?: string }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return tlsFailure(node, wrongName(error), fingerprint, error)
  const badCertificate = tlsWords[code]
  if (badCertificate !== undefined) return tlsFailure(node, badCertificate, fingerprint, error)
  const word = networkWords[code]
  if (word === undefined && /SSL|TLS|CERT|CRL|EPROTO/.test(code)) {
    const reason = `could not agree on TLS with this machine (${code})`
    return tlsFailure(node, reason, fingerprint, error)
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
