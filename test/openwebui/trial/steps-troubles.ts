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
import { expect, type Step } from './step.ts'
import type { Trial } from './trial.ts'

/** Whether the model was offered a tool of the bridge in its last turn. */
const hasTools = (trial: Trial): boolean =>
  toolsOffered(trial).some((name) => name.endsWith('vm_read'))

/** What a call says whose bridge is shut down: its task runs, and how to wait for it. */
const leftRunning =
  /Creation of snapshot "cut" of VM "app-01" is (?:QUEUED|RUNNING)\b.*Call waitTask with taskTag \d+ and wait \d+/

/** Connections by which nothing shows who calls. */
const withoutToken = {
  'without a key': { key: '' },
  'of the auth type None': { auth_type: 'none', key: '' }
}

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
    seen: 'the model gets: "{told}"; the next call finds the snapshot',
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
      const result = lastResult(trial)
      const [told] = leftRunning.exec(result) ?? []
      expect(told !== undefined, `the model got: ${result.slice(0, 200)}`)
      await pause(6000)
      await admin.asks('How did it end?', /I was told:[\s\S]*\bcut\b/)
      return { told }
    }
  },
  {
    name: 'The bridge is down when a message is sent',
    recordings: [
      { prompt: 'Are you there', turns: [() => 'I have no tools for that.'] },
      { prompt: 'Are you back', turns: [() => 'I look again.'] }
    ],
    seen: 'OpenWebUI leaves the tools out and says nothing; they are back with the next message',
    async run(trial) {
      const { admin, bridge } = trial
      await bridge.stop()
      try {
        await admin.asks('Are you there?', /I have no tools/)
        expect(!hasTools(trial), 'the model is still offered tools')
      } finally {
        await bridge.start()
      }
      await admin.asks('Are you back?', /I look again/)
      expect(hasTools(trial), 'the next message does not bring the tools back')
      return {}
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
    seen: 'the call is text in a prompt, and its result a source of the answer; one round of calls only',
    async run(trial) {
      const given = await inPromptMode(trial, connection, 'List all VMs')
      expect(/total \d+, shown/.test(given), `the result did not reach the model: ${given}`)
      return {}
    }
  },
  {
    name: 'A wrong token',
    recordings: [{ prompt: 'Can you see VMs', turns: [() => 'I see no tools.'] }],
    seen: 'Verify says only "{notice}", the connection is missing in the menu; the bridge logs 401',
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
        return { notice }
      } finally {
        await setConnections(trial, before)
      }
    }
  },
  {
    name: 'A connection without a key, or of the auth type None',
    recordings: [
      { prompt: 'Who am I to you', turns: [[{ tool: 'vm_read', args: { limit: 1 } }], repeats] }
    ],
    seen: 'the tools are listed, and a call fails: "A valid token is required"',
    async run(trial) {
      const { admin } = trial
      const before = await connections(trial)
      try {
        for (const [which, change] of Object.entries(withoutToken)) {
          await setConnections(
            trial,
            before.map((each) => ({ ...each, ...change }))
          )
          await admin.newChat([connection])
          await admin.asks('Who am I to you?', /I was told:\s+\S+/)
          expect(hasTools(trial), `a connection ${which} lists no tools`)
          const result = lastResult(trial)
          const fails = result.includes('A valid token is required')
          expect(fails, `a call ${which} returns: ${result.slice(0, 200)}`)
        }
      } finally {
        await setConnections(trial, before)
      }
      return {}
    }
  },
  {
    name: 'A user without grants, then with one',
    recordings: [
      { prompt: 'Show me the VMs', turns: [[{ tool: 'vm_read', args: { limit: 3 } }], repeats] }
    ],
    seen: 'without a grant the menu has no tools; with one the call works, and the log names {name}',
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
      return { name }
    }
  }
]
