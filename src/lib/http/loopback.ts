import { isIP } from 'node:net'

/** What a program on this machine calls it by, as URLs and Host headers have it. */
export const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a name or address is this machine's own: nothing sent to it crosses a network. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  return isIP(name) === 0
    ? name.toLowerCase() === 'localhost'
    : /^(127\.|::1$|::ffff:127\.)/.test(name)
}

/** Whether what is read at a URL cannot be changed on the way. */
export const isSafeUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
