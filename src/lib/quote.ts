import { withoutLogins } from './address-login.ts'

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    // Nested deeper than the stack.
    return '…'
  }
}

/** Far more than is shown, and than any password has. */
const maxRead = 2000

/** A value as a message may show it: as JSON, short, without passwords. */
export const quote = (value: unknown): string => {
  const start = typeof value === 'string' ? value.slice(0, maxRead) : value
  const text = withoutLogins(asJson(start).slice(0, maxRead))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
