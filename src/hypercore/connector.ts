/** How the certificates of the cluster's nodes are judged. */
export interface TlsSettings {
  /**
   * `verify`: chain and name are checked against the system's authorities and `ca`.
   * `pin`: only the fingerprint counts; chain, name and dates do not.
   * `insecure`: any certificate will do.
   */
  mode: 'verify' | 'pin' | 'insecure'
  /** SHA-256 of whole certificates, in any case, with or without colons; one of them must match. */
  fingerprints: string[]
  /** Further authorities for `verify`, PEM. */
  ca?: string
}
