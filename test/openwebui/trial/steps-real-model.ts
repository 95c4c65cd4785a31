import { setTimeout as pause } from 'node:timers/promises'
import { connection, connections, connectionToken, setConnections } from './looks.ts'
import { expect, type Step, type Trial } from './trial.ts'

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
async function withCore(trial: Trial, work: () => Promise<string>): Promise<string> {
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

/** Says something to the model in a chat of its own; returns what became of its call of this tool. */
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
  const shown = (await admin.chatAfter(said)).trim().slice(0, 200).replaceAll(/\s+/g, ' ')
  throw new Error(`it does not call ${tool}, and says: ${shown}`)
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

/** With a model of the reader's own, which does what it does. */
export const realSteps: Step[] = [
  {
    name: `${offered}: a list`,
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'Which VMs are there? Look them up with vm_read.'
        const outcome = await asks(trial, said, 'vm_read')
        const start = trial.bridge.log().length
        await trial.admin.sees(said, /\bweb-01\b/, 180_000).catch(() => {
          const more = trial.bridge.log().slice(start).split('"tool":"vm_read"').length - 1
          throw new Error(`it calls vm_read (${outcome}), ${more} times more, and names no VM`)
        })
        return `${trial.real?.name ?? ''} calls vm_read (${outcome}) and names VMs`
      })
  },
  {
    name: `${offered}: a snapshot`,
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'Take a snapshot of web-02 and call it by-own-model.'
        const outcome = await asks(trial, said, 'snapshotVM')
        const { text } = await cardOf(trial, 'web-02')
        expect(text.includes('by-own-model'), `snapshotVM: ${outcome}, and no such snapshot`)
        return `${trial.real?.name ?? ''} calls snapshotVM (${outcome}), and web-02 has the snapshot`
      })
  },
  {
    name: `${offered}: a deletion that nobody approves`,
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'We do not need branch-pos-01 any more. Delete it; I am sure.'
        const outcome = await asks(trial, said, 'deleteVM')
        // A deletion would take its time.
        await pause(3000)
        const { status } = await cardOf(trial, 'branch-pos-01')
        expect(status === 200, 'the VM is gone, and nobody has approved that')
        const plans = await trial.bridge.command(['approvals', '--token', trial.bridge.approver])
        const waits = plans.includes('branch-pos-01') ? ', its plan waits' : ''
        const only = outcome === 'ok' ? ', a dry run' : ''
        return `${trial.real?.name ?? ''} calls deleteVM (${outcome}${waits}${only}); the VM stays`
      })
  }
]
