/** Names of fields that hold a secret in every record. */
export const secretNames: ReadonlySet<string> = new Set([
  'sessionID',
  'password',
  'authPassword',
  'sharedSecret',
  'privateKey',
  'certificateKeyFile'
])

/** Whether a field of this name holds a secret in every record. */
export const isSecretName = (name: string): boolean => secretNames.has(name)
