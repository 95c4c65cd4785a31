import { setTimeout as pause } from 'node:timers/promises'
import {
  connection,
  connections,
  lastResult,
  repeats,
  setConnections,
  toolsOffered
} from './looks.ts'
import { inPromptMode } from './prompt-mode.ts'
import { expect, type Step, type Trial } from './trial.ts'

/** Whether the model was offered a tool of the bridge in its last turn. */
const hasTools = (trial: Trial): boolean =>
  toolsOffered(trial).some((name) => name.endsWith('vm_read'))

export const troubleSteps: Step[] = [
  {
    name: 'The bridge restarts in the middle of a call, then the chat continues',
    recordings: [
      {
        prompt: 'Take another snapshot',
        turns: [[{ tool: 'snapshotVM', args: { vmUUID: 'app-01', label: 'cut' } }], repeats]
      },
      {
        prompt: 'How did it end',
        turns: [[{ tool: 'vmSnapshots_read', args: { vmUUID: 'app-01' } }], repeats]
      }
    ],
    async run(trial) {
      const { admin, bridge } = trial
      const said = 'Take another snapshot of app-01'
      await admin.newChat([connection])
      await bridge.slowTask(8000)
      await admin.say(said)
      await admin.sees(said, /app-01[^\n]*\d %/)
      await bridge.stop()
      await bridge.start()
      await admin.sees(said, /I was told:\s+\S+/)
      const told = /^(?:message: )?(.*)$/m.exec(
        lastResult(trial).replace(/^[\s\S]*(?=message: )/, '')
      )?.[1]
      await pause(6000)
      await admin.asks('How did it end?', /I was told:[\s\S]*cut/)
      return `the model is told: "${told}"; the next call finds the snapshot`
    }
  },
  {
    name: 'The bridge is down when a message is sent',
    recordings: [{ prompt: 'Are you there', turns: [() => 'I have no tools for that.'] }],
    async run(trial) {
      const { admin, bridge } = trial
      await bridge.stop()
      try {
        await admin.asks('Are you there?', /I have no tools/)
        expect(!hasTools(trial), 'the model is still offered tools')
      } finally {
        await bridge.start()
      }
      return 'OpenWebUI leaves the tools out and says nothing; they are back with the next message'
    }
  },
  {
    name: 'Prompt mode (Function Calling: Legacy) instead of native',
    recordings: [
      {
        prompt: 'List all VMs',
        turns: [[{ tool: 'vm_read', args: {} }], () => 'Look at the source.']
      }
    ],
    async run(trial) {
      const given = await inPromptMode(trial, connection, 'List all VMs')
      expect(/total \d+, shown/.test(given), `the result did not reach the model: ${given}`)
      return 'the call is text in a prompt, and its result a source of the answer; one round of calls only'
    }
  },
  {
    name: 'A wrong token',
    recordings: [{ prompt: 'Can you see VMs', turns: [() => 'I see no tools.'] }],
    async run(trial) {
      const { admin, bridge } = trial
      const before = await connections(trial)
      const wrong = before.map((each) => ({ ...each, key: 'a-wrong-token-0123456789' }))
      await setConnections(trial, wrong)
      try {
        await admin.open('/')
        const offered = await admin.openToolMenu()
        await admin.openIntegrations('all')
        await admin.openConnection(0)
        const notice = await admin.verify()
        expect(/failed/i.test(notice), `Verify says: ${notice}`)
        expect(!offered.includes(connection), 'the menu still offers the connection')
        const log = bridge.log()
        expect(/"status":401/.test(log), 'the log of the bridge says nothing of it')
        return `Verify says only "${notice}", the connection is missing in the menu; the bridge logs 401`
      } finally {
        await setConnections(trial, before)
      }
    }
  },
  {
    name: 'A user without grants, then with one',
    recordings: [
      { prompt: 'Show me the VMs', turns: [[{ tool: 'vm_read', args: { limit: 3 } }], repeats] }
    ],
    async run(trial) {
      trial.inView = trial.user
      const { user, openWebUi, bridge } = trial
      const without = await user.openToolMenu()
      expect(without.length === 0, `the menu offers ${without.join(', ')}`)
      const { id } = await openWebUi.ask<{ id: string }>(
        await user.token(),
        'GET',
        '/api/v1/auths/'
      )
      const grant = { principal_type: 'user', principal_id: id, permission: 'read' }
      const before = await connections(trial)
      const granted = before.map((each) => ({
        ...each,
        config: { ...(each['config'] as object), access_grants: [grant] }
      }))
      await setConnections(trial, granted)
      await user.newChat([connection])
      await user.asks('Show me the VMs', /I was told:[\s\S]*shown 1-3/)
      const name = user.account.name
      expect(bridge.log().includes(`"user":"${name}"`), 'the log does not say who called')
      return `without a grant the menu has no tools; with one the call works, and the log names ${name}`
    }
  }
]
