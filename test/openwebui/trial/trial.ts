import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import type { Owner } from '../../eval/owner.ts'
import { launchBrowser } from '../../helper/browser.ts'
import { freePort } from '../../helper/ports.ts'
import { type OperatedBridge, prepareBridge } from './cluster-and-bridge.ts'
import type { Installed } from './install.ts'
import { type OpenWebUi, startOpenWebUi } from './open-webui.ts'
import { Person } from './person.ts'
import { type RecordedModel, startRecordedModel } from '../../helper/recorded-model.ts'

/** A model of the reader's own, beside the recorded one. */
export interface RealModel {
  url: string
  key: string
  name: string
}

/** All that the steps work with. */
export interface Trial {
  bridge: OperatedBridge
  openWebUi: OpenWebUi
  model: RecordedModel
  real: RealModel | undefined
  browser: Browser
  owner: Owner
  /** The folder of the bridge, for files to import. */
  folder: string
  admin: Person
  user: Person
  /** The browser that the picture of a step is of. */
  inView: Person
}

const people = {
  admin: { name: 'Ada Example', email: 'ada@chat.example', password: 'a long word for ada' },
  user: { name: 'Zoë Löwe', email: 'zoe@chat.example', password: 'a long word for zoe' }
}

/** An API key of OpenWebUI, with which the bridge shows progress in the chats. */
const createApiKey = async (openWebUi: OpenWebUi, token: string): Promise<string> =>
  (await openWebUi.ask<{ api_key: string }>(token, 'POST', '/api/v1/auths/api_key')).api_key

/** Lets others sign up: OpenWebUI closes that behind its first user. */
async function openSignUp(openWebUi: OpenWebUi, token: string): Promise<void> {
  const path = '/api/v1/auths/admin/config'
  const config = await openWebUi.ask<object>(token, 'GET', path)
  await openWebUi.ask(token, 'POST', path, { ...config, ENABLE_SIGNUP: true })
}

/** Starts everything: cluster, bridge, model, OpenWebUI, and two people who have signed up. */
export async function startTrial(
  owner: Owner,
  installed: Installed,
  real: RealModel | undefined
): Promise<Trial> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'scale-bridge-openwebui-')))
  owner.teardown(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const bridge = await prepareBridge(owner, folder, `http://127.0.0.1:${port}`)
  const printed = await bridge.command(['connect', 'openwebui', '--env', '--show-token'])
  // As a shell reads it: the value stands in single quotes.
  const connections = /^TOOL_SERVER_CONNECTIONS='(.*)'$/m.exec(printed)?.[1] ?? ''
  const model = await startRecordedModel(owner)
  const models = [{ url: model.url, key: 'none' }, ...(real === undefined ? [] : [real])]
  const openWebUi = await startOpenWebUi(owner, installed, {
    folder,
    port,
    models,
    defaultModel: model.name,
    connections
  })
  const browser = await launchBrowser()
  owner.teardown(() => browser.close())
  const admin = await Person.signUp(owner, browser, openWebUi.url, people.admin)
  const token = await admin.token()
  await openSignUp(openWebUi, token)
  const user = await Person.signUp(owner, browser, openWebUi.url, people.user)
  await bridge.set('OPENWEBUI_URL', openWebUi.url)
  await bridge.set('OPENWEBUI_API_KEY', await createApiKey(openWebUi, token))
  await bridge.start()
  const world = { bridge, openWebUi, model, real, browser, owner, folder }
  return { ...world, admin, user, inView: admin }
}
