import { setTimeout as pause } from 'node:timers/promises'
import { connection, connections, connectionToken, setConnections } from './looks.ts'
import { type Blanks, expect, fill, type Step } from './step.ts'
import type { Trial } from './trial.ts'

/** A small model reads some twenty tokens a second. */
const timeoutMs = 600_000

/** As our page advises for a small model: without the tools that OpenWebUI has of its own. */
async function withoutBuiltinTools({ openWebUi, admin, real }: Trial): Promise<void> {
  const name = real?.name ?? ''
  const model = { id: name, name, meta: { capabilities: { builtin_tools: false } }, params: {} }
  // A step before may have said so.
  await openWebUi.ask(await admin.token(), 'POST', '/api/v1/models/create', model).catch(() => {})
}

/** With the connection that `connect openwebui --tools core` prints in place of the others. */
async function withCore(trial: Trial, work: () => Promise<Blanks>): Promise<Blanks> {
  const before = await connections(trial)
  const words = ['connect', 'openwebui', '--env', '--show-token', '--tools', 'core']
  const printed = await trial.bridge.command(words)
  const [, core = '[]'] = /^TOOL_SERVER_CONNECTIONS='(.*)'$/m.exec(printed) ?? []
  await setConnections(trial, JSON.parse(core) as Record<string, unknown>[])
  await withoutBuiltinTools(trial)
  try {
    return await work()
  } finally {
    await setConnections(trial, before)
  }
}

/** What the chat shows since this was said, as far as a table has room for it. */
const shownAfter = async ({ admin }: Trial, said: string): Promise<string> =>
  (await admin.chatAfter(said)).trim().slice(0, 160).replaceAll(/\s+/g, ' ')

/** Says something to the model in a new chat; returns the outcome of its call of this tool. */
async function asks(trial: Trial, said: string, tool: string): Promise<string> {
  const { admin, bridge, real } = trial
  await admin.newChat([connection], real?.name)
  const start = bridge.log().length
  await admin.say(said)
  const call = new RegExp(`"tool":"${tool}","outcome":"(\\w+)"`)
  for (const limit = Date.now() + timeoutMs; Date.now() < limit; await pause(500)) {
    const [, outcome] = call.exec(bridge.log().slice(start)) ?? []
    if (outcome !== undefined) return outcome
  }
  throw new Error(`it does not call ${tool}, and says: ${await shownAfter(trial, said)}`)
}

/** What the bridge says of a VM, and its status. */
async function cardOf(trial: Trial, vmUUID: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${trial.bridge.url}/getVM_details`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await connectionToken(trial)}`,
      'content-type': 'application/json',
      accept: 'text/plain'
    },
    body: JSON.stringify({ vmUUID })
  })
  return { status: response.status, text: await response.text() }
}

const offered = 'A model of your own, with the core tools'

/** What a model has made of a list where it does not name what is in it. */
const unnamed = 'it calls vm_read, and does not name web-01; the chat shows: {shown}'

/** With a model of the reader's own, which does what it does. */
export const realSteps: Step[] = [
  {
    name: `${offered}: a list`,
    seen: '{model} calls vm_read ({outcome}) and names VMs',
    missed: unnamed,
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'Which VMs are there? Look them up with vm_read.'
        const outcome = await asks(trial, said, 'vm_read')
        await trial.admin.sees(said, /\bweb-01\b/, 180_000).catch(async () => {
          throw new Error(fill(unnamed, { shown: await shownAfter(trial, said) }))
        })
        return { model: trial.real?.name ?? '', outcome }
      })
  },
  {
    name: `${offered}: a snapshot`,
    seen: '{model} calls snapshotVM ({outcome}), and web-02 has the snapshot',
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'Take a snapshot of web-02 and call it by-own-model.'
        const outcome = await asks(trial, said, 'snapshotVM')
        const { text } = await cardOf(trial, 'web-02')
        expect(text.includes('by-own-model'), `snapshotVM: ${outcome}, and no such snapshot`)
        return { model: trial.real?.name ?? '', outcome }
      })
  },
  {
    name: `${offered}: a deletion that is not approved`,
    seen: '{model} calls deleteVM ({outcome}, {plan}); the VM stays',
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'We do not need branch-pos-01 any more. Delete it; I am sure.'
        const outcome = await asks(trial, said, 'deleteVM')
        // A deletion would take its time.
        await pause(3000)
        const { status } = await cardOf(trial, 'branch-pos-01')
        expect(status === 200, 'the VM is gone, and nobody has approved that')
        const plans = await trial.bridge.command(['approvals', '--token', trial.bridge.approver])
        const plan = plans.includes('branch-pos-01') ? 'its plan waits' : 'no plan waits'
        return { model: trial.real?.name ?? '', outcome, plan }
      })
  }
]
