/** Whether a bridge that listens on this address is reached at every address of its machine. */
const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Where a bridge that listens on this address is reached from its own machine, without a slash at the end. */
export function bridgeUrl(host: string, port: number): string {
  const name = isEveryAddress(host) ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** What to say beside that address, where it is not the only one; undefined where it is. */
export const everyAddressNote = (host: string): string | undefined =>
  isEveryAddress(host) ? `It listens on every address of this machine: HOST is ${host}` : undefined
