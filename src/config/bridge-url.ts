/** Where a bridge that listens on this address is reached from its own machine, without a slash at the end. */
export function bridgeUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
