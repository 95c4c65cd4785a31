import type { TestBridge, ToolAnswer } from './bridge.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** The cookie that a response sets, as it is sent back. */
export const cookieOf = ({ headers }: Pick<ToolAnswer, 'headers'>): string =>
  String(headers['set-cookie']).split(';')[0] ?? ''

/** Signs in at the console, as its page does. */
export const signIn = (
  bridge: Pick<TestBridge, 'url' | 'fetch'>,
  { token }: { token: string },
  headers: Record<string, string | undefined> = {}
): Promise<ToolAnswer> =>
  bridge.fetch('/console/login', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, origin: bridge.url, ...headers }
  })

/** The stream of an open page. */
export interface HeardStream {
  text: string
  ended: boolean
  response: Response
  /** The data of the last event of a name; undefined where none came. */
  last: (event: string) => unknown
}

/** Reads the events of the console until they end, or the test does. */
export async function listen(
  t: Teardown,
  { url }: Pick<TestBridge, 'url'>,
  cookie: string
): Promise<HeardStream> {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const { signal } = abort
  const response = await fetch(`${url}/console/events`, { headers: { cookie }, signal })
  const heard: HeardStream = {
    text: '',
    ended: false,
    response,
    last(event) {
      const events = heard.text.split('\n\n').slice(0, -1)
      const found = events.findLast((each) => each.startsWith(`event: ${event}\n`))
      return found === undefined ? undefined : JSON.parse(found.split('\ndata: ')[1] ?? '')
    }
  }
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? [])
      heard.text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  const over = (): void => void (heard.ended = true)
  read().then(over, over)
  return heard
}
