import { connect } from 'node:net'

/** A response as it came, byte for byte as text. */
export interface RawAnswer {
  status: number
  headers: Record<string, string>
  text: string
  /** The server closed the connection. */
  closed: boolean
  /** From the last byte that was sent. */
  ms: number
}

/**
 * Sends these bytes on a connection of their own and reads what comes until the server closes it, or
 * until nothing has come for a while. What is promised in the head need not be sent.
 */
export function sendRaw(url: string, bytes: string, idleMs = 300): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const started = performance.now()
    let [text, closed, ms] = ['', false, 0]
    let idle: NodeJS.Timeout | undefined
    const end = (): void => {
      clearTimeout(idle)
      socket.destroy()
      const [head = '', ...rest] = text.split('\r\n\r\n')
      const [line = '', ...lines] = head.split('\r\n')
      const pairs = lines.map((each) => {
        const at = each.indexOf(':')
        return [each.slice(0, at).toLowerCase(), each.slice(at + 1).trim()] as const
      })
      resolve({
        status: Number(line.split(' ')[1] ?? 0),
        headers: Object.fromEntries(pairs),
        text: rest.join('\r\n\r\n'),
        closed,
        ms
      })
    }
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      if (text === '') ms = performance.now() - started
      text += chunk
      clearTimeout(idle)
      idle = setTimeout(end, idleMs)
    })
    socket.on('close', () => {
      closed = true
      end()
    })
    socket.on('error', (error) => (text === '' ? reject(error) : undefined))
    socket.write(bytes)
  })
}

/** The head of a request. */
export const head = (line: string, headers: Record<string, string | number> = {}): string =>
  [
    `${line} HTTP/1.1`,
    'host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    ''
  ].join('\r\n')
