/**
 * A MAC address of one device, as the cluster writes it (FACTS 5.1, S). Not one of a group (lowest bit
 * of the first byte), which broadcast is too, and not all zeros.
 */
export const macPattern = '^(?!00(?::00){5}$)[0-9A-F][02468ACE](?::[0-9A-F]{2}){5}$'

const forms = [
  /^([0-9a-f]{2})([:-])([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})\2([0-9a-f]{2})$/i,
  /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i,
  /^[0-9a-f]{12}$/i
]

/**
 * The address in the cluster's form, `7C:4C:58:12:34:56`, whatever separates its bytes; undefined for
 * what is not a MAC address.
 */
export function normalizeMac(text: string): string | undefined {
  const given = text.trim()
  if (!forms.some((form) => form.test(given))) return undefined
  const digits = given.replaceAll(/[^0-9a-f]/gi, '').toUpperCase()
  return digits.match(/../g)?.join(':')
}

const single = new RegExp(macPattern)

/** Whether an address in the cluster's form is one that a device can have for itself. */
export const isDeviceMac = (mac: string): boolean => single.test(mac)

/** What is taken, for errors. */
export const macForm =
  'a MAC address of one device such as 7C:4C:58:12:34:56, no group or broadcast address'
