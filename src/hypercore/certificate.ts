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
  /** The DNS names and addresses it is made out to. */
  names: string[]
}

/** Shows the certificate of a node without trusting it and without sending a request. */
export async function fetchCertificate(
  _origin: string,
  _options: { timeoutMs: number; signal?: AbortSignal }
): Promise<NodeCertificate> {
  throw new Error('being written')
}
