import { setTimeout as pause } from 'node:timers/promises'
import { encode } from 'gpt-tokenizer'
import { openConsole, signIn } from '../../browser/console-page.ts'
import { resultsIn } from '../../helper/recorded-model.ts'
import type { Trial } from './trial.ts'

/** As `connect` names it. */
export const connection = 'HyperCore'

/** What the model says: what it was given, as it is. */
export const repeats = (results: string[]): string =>
  `I was told:\n\n\`\`\`\n${results.at(-1) ?? ''}\n\`\`\``

/** The tools that a connection gave to the model, of those that were offered last. */
export function toolsOffered({ model }: Trial, prefix = ''): string[] {
  const names = (model.asked.at(-1)?.tools ?? []).map(({ function: { name } }) => name)
  return names.filter((name) => name.startsWith(prefix))
}

/** What these tools cost the model, as OpenWebUI passes them on. */
export function tokensOf({ model }: Trial, names: string[]): number {
  const tools = model.asked.at(-1)?.tools ?? []
  return encode(JSON.stringify(tools.filter(({ function: { name } }) => names.includes(name))))
    .length
}

/** The result that the model got last. */
export const lastResult = ({ model }: Trial): string =>
  resultsIn(model.asked.at(-1) ?? { model: '', messages: [] }).at(-1) ?? ''

/** The names of the bridge's tools, from its own document. */
export async function toolsOf({ bridge }: Pick<Trial, 'bridge'>, token: string): Promise<string[]> {
  const response = await fetch(`${bridge.url}/openapi.json`, {
    headers: { authorization: `Bearer ${token}` }
  })
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, { operationId?: string }>>
  }
  return Object.values(paths).flatMap((path) =>
    Object.values(path).flatMap(({ operationId }) => operationId ?? [])
  )
}

/** The token that the connection holds. */
export async function connectionToken({ openWebUi, admin }: Trial): Promise<string> {
  const [{ key }] = (await connections({ openWebUi, admin })) as [{ key: string }]
  return key
}

type Connections = Record<string, unknown>[]
const connectionsPath = '/api/v1/configs/tool_servers'

/** The global connections of OpenWebUI. */
export async function connections({
  openWebUi,
  admin
}: Pick<Trial, 'openWebUi' | 'admin'>): Promise<Connections> {
  const token = await admin.token()
  return (
    await openWebUi.ask<{ TOOL_SERVER_CONNECTIONS: Connections }>(token, 'GET', connectionsPath)
  ).TOOL_SERVER_CONNECTIONS
}

/** Puts others in their place, as the page of the administrator does. */
export async function setConnections(trial: Trial, next: Connections): Promise<void> {
  const token = await trial.admin.token()
  const body = { TOOL_SERVER_CONNECTIONS: next }
  await trial.openWebUi.ask(token, 'POST', connectionsPath, body)
}

/** Approves the plan in the console, as the person who may. */
export async function approveInConsole({ bridge, browser, owner }: Trial): Promise<void> {
  const { page } = await openConsole(owner, browser, { url: bridge.url })
  await signIn(page, bridge.approver)
  const approve = page.locator('.plan').getByRole('button', { name: /approve/i })
  await approve.click()
  await pause(700)
  const again = page.getByRole('button', { name: 'Press again to approve' })
  if (await again.isVisible()) await again.click()
  await page
    .locator('#decided', { hasText: 'APPROVED' })
    .or(page.locator('#decided', { hasText: 'USED' }))
    .first()
    .waitFor()
  await page.context().close()
}

/** The plan that was mentioned last. */
export const planIn = (said: string): string =>
  [...said.matchAll(/plan \\?"?(p-[a-z0-9]+)/g)].at(-1)?.[1] ?? ''
