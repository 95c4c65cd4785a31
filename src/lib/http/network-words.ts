/** TLS errors of Node and OpenSSL in plain words, to stand after the name of the node. */
export const tlsWords: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'has a certificate from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate from an authority that is not trusted here',
  CERT_UNTRUSTED: 'has a certificate from an authority that is not trusted here',
  INVALID_CA: 'has a certificate that was not signed by a proper authority',
  INVALID_PURPOSE: 'has a certificate that is not meant for servers',
  CERT_HAS_EXPIRED: 'has an expired certificate',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet (compare the clocks)',
  CERT_REVOKED: 'has a revoked certificate',
  CERT_SIGNATURE_FAILURE: 'has a certificate with a broken signature'
}

/** Errors of the operating system and of DNS in plain words. */
export const networkWords: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'is not known to the name server',
  EAI_AGAIN: 'could not be looked up, the name server does not respond',
  EHOSTUNREACH: 'cannot be reached, there is no route to it',
  ENETUNREACH: 'cannot be reached, there is no route to its network',
  EHOSTDOWN: 'is down',
  ETIMEDOUT: 'did not accept the connection in time',
  ECONNRESET: 'closed the connection before it was secured',
  EPIPE: 'closed the connection before it was secured',
  EACCES: 'cannot be reached, this machine does not allow the connection',
  EPERM: 'cannot be reached, this machine does not allow the connection'
}
