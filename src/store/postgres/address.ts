/** Whether a text is the address of a PostgreSQL database; anything else is a folder. */
export const isDatabaseAddress = (text: string): boolean => /^postgres(?:ql)?:\/\//i.test(text)

/** Where a database is, as messages and logs may have it: without the login. */
export function databaseName(address: string): string {
  const url = new URL(address)
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
  const port = url.port === '' ? '' : `:${url.port}`
  return `${host === '' ? 'localhost' : host}${port}${url.pathname}`
}

/**
 * The address as the client library takes it. That checks certificates for `require` and the like as
 * it does for `verify-full`, and says so at length; so it is said here, once and for all.
 */
export function clientAddress(address: string): string {
  const url = new URL(address)
  if (/^(?:prefer|require|verify-ca)$/.test(url.searchParams.get('sslmode') ?? ''))
    url.searchParams.set('sslmode', 'verify-full')
  return url.href
}

/** @throws {Error} saying what an address of a database has to look like */
export function checkDatabaseAddress(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isGood =
    url !== undefined &&
    /^\/[^/]+$/.test(url.pathname) &&
    (url.hostname !== '' || url.searchParams.has('host'))
  if (!isGood)
    throw new Error(
      'must be a folder, or the address of a PostgreSQL database such as postgres://user:password@db.example:5432/scale_bridge?sslmode=verify-full'
    )
}
