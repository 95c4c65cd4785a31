import { Agent, request } from 'undici'

/** Logs in at a cluster and returns the headers of calls in that session. */
export async function login(cluster: string): Promise<Record<string, string>> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const { statusCode, body } = await request(`${cluster}/rest/v1/login`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'admin', useOIDC: false })
  })
  const text = await body.text()
  await dispatcher.close()
  if (statusCode !== 200) throw new Error(`login: ${statusCode} ${text}`)
  const { sessionID } = JSON.parse(text) as { sessionID: string }
  return { accept: 'application/json', cookie: `sessionID=${sessionID}` }
}
