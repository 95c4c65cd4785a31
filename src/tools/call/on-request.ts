import type { Withheld } from '../../lib/secrets/outgoing.ts'

/** Fields that hold passwords and keys of guests more often than not: shown to those who name them. */
export const onRequest: Withheld = {
  cloudInitData: 'vm_read with "cloudInitData" in fields shows it'
}
