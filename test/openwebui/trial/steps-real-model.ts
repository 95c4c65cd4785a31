import { connection, connections, connectionToken, setConnections } from './looks.ts'
import { expect, type Step, type Trial } from './trial.ts'

/** A small model reads some tens of tokens a second. */
const patienceMs = 900_000

/** With the connection that `connect openwebui --tools core` prints in place of the others. */
async function withCore(trial: Trial, work: () => Promise<string>): Promise<string> {
  const before = await connections(trial)
  const words = ['connect', 'openwebui', '--env', '--show-token', '--tools', 'core']
  const printed = await trial.bridge.command(words)
  const [, core = '[]'] = /^TOOL_SERVER_CONNECTIONS='(.*)'$/m.exec(printed) ?? []
  await setConnections(trial, JSON.parse(core) as Record<string, unknown>[])
  try {
    return await work()
  } finally {
    await setConnections(trial, before)
  }
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

/** Says something to the model in a chat of its own, and waits until it has called this tool. */
async function asks(trial: Trial, said: string, tool: string): Promise<void> {
  const { admin, real } = trial
  await admin.newChat([connection], real?.name)
  await admin.say(said)
  await admin.sees(said, new RegExp(`View Result from ${tool}`), patienceMs)
}

/** With a model of the reader's own, which does what it does. */
export const realSteps: Step[] = [
  {
    name: 'A model of your own, with the core tools: a list',
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'Which VMs are there? Look them up with vm_read.'
        await asks(trial, said, 'vm_read')
        await trial.admin.sees(said, /View Result from vm_read[\s\S]*web-01/, patienceMs)
        return `${trial.real?.name ?? ''} calls vm_read and names the VMs`
      })
  },
  {
    name: 'A model of your own, with the core tools: a snapshot',
    run: (trial) =>
      withCore(trial, async () => {
        await asks(trial, 'Take a snapshot of web-02 and call it by-own-model.', 'snapshotVM')
        const { text } = await cardOf(trial, 'web-02')
        expect(text.includes('by-own-model'), 'web-02 has no snapshot of that name')
        return `${trial.real?.name ?? ''} calls snapshotVM, and web-02 has the snapshot`
      })
  },
  {
    name: 'A model of your own, with the core tools: a deletion that nobody approves',
    run: (trial) =>
      withCore(trial, async () => {
        const said = 'We do not need branch-pos-01 any more. Delete it; I am sure.'
        await asks(trial, said, 'deleteVM')
        const { status } = await cardOf(trial, 'branch-pos-01')
        expect(status === 200, 'the VM is gone, and nobody has approved that')
        const [words] = await trial.admin.sees(
          said,
          /View Result from deleteVM[\s\S]{40,300}/,
          patienceMs
        )
        return `${trial.real?.name ?? ''} calls deleteVM, nothing is deleted; it says: ${words.replace(/^.*deleteVM/, '').trim()}`
      })
  }
]
