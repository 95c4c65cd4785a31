const secretNames = new Set([
  'sessionID',
  'password',
  'authPassword',
  'sharedSecret',
  'privateKey',
  'certificateKeyFile'
])

/** Whether a field of this name holds a secret in every record. */
export const isSecretName = (name: string): boolean => secretNames.has(name)

/** What stands for a secret that a caller sent, where the call is shown to him. */
export const redactedSecret = '***'

/**
 * The password in `scheme://user:password@host`. It must begin where a word does: without that, a
 * long word is tried again from each of its letters.
 */
const credentials = /((?<!\w)\w+:\/\/[^\s/@:]*):[^\s/]*@/g

/** Replaces the password of every `scheme://user:password@host` in a text. */
export const redactCredentials = (text: string): string => text.replace(credentials, '$1:***@')

/**
 * Blanks session ids and passwords in an answer of the cluster, in place, so it must be nobody else's: task records carry the
 * session that started them, and export tasks their archive's address (FACTS 4, 5.8).
 */
export function redactSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('://') ? redactCredentials(value) : value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = redactSecrets(value[i])
  } else if (typeof value === 'object' && value !== null) {
    const record = value as Record<string, unknown>
    for (const [name, entry] of Object.entries(record)) {
      const hidden = secretNames.has(name) && typeof entry === 'string' && entry !== redactedSecret
      record[name] = hidden ? '' : redactSecrets(entry)
    }
  }
  return value
}
