import {
  approveInConsole,
  connection,
  connectionToken,
  lastResult,
  planIn,
  repeats,
  tokensOf,
  toolsOf,
  toolsOffered
} from './looks.ts'
import { expect, type Step } from './step.ts'

export const globalSteps: Step[] = [
  {
    name: 'The connection of `connect openwebui --env` is listed, and Verify accepts it',
    seen: `listed as ${connection}; Verify says "{notice}"`,
    async run({ admin }) {
      await admin.openIntegrations('all')
      await admin.openConnection(0)
      const notice = await admin.verify()
      expect(/success/i.test(notice), `Verify says: ${notice}`)
      return { notice }
    }
  },
  {
    name: 'The bridge starts after OpenWebUI: its tools are there without a restart',
    recordings: [{ prompt: 'Hello there', turns: [() => 'Hello.'] }],
    seen:
      'all {tools} tools that its token may use reach the model ({tokens} tokens), beside {own} of ' +
      "OpenWebUI's own ({ownTokens} tokens)",
    async run(trial) {
      const { admin } = trial
      await admin.newChat([connection])
      await admin.asks('Hello there', /Hello\./)
      const tools = await toolsOf(trial, await connectionToken(trial))
      const offered = toolsOffered(trial)
      const missing = tools.filter((name) => !offered.includes(name))
      expect(missing.length === 0, `the model is not offered ${missing.join(', ')}`)
      const others = offered.filter((name) => !tools.includes(name))
      return {
        tools: tools.length,
        tokens: tokensOf(trial, tools),
        own: others.length,
        ownTokens: tokensOf(trial, others)
      }
    }
  },
  {
    name: 'A list',
    recordings: [
      { prompt: 'Which VMs are there', turns: [[{ tool: 'vm_read', args: {} }], repeats] }
    ],
    seen: 'the table of 12 VMs arrives as plain text, {characters} characters',
    async run(trial) {
      await trial.admin.newChat([connection])
      await trial.admin.asks('Which VMs are there?', /I was told:[\s\S]*web-01[\s\S]*RUNNING/)
      const result = lastResult(trial)
      expect(result.startsWith('total 12, shown 1-12\n'), `the model got: ${result.slice(0, 100)}`)
      return { characters: result.length }
    }
  },
  {
    name: 'A card',
    recordings: [
      {
        prompt: 'Tell me about web-01',
        turns: [[{ tool: 'getVM_details', args: { vmUUID: 'web-01' } }], repeats]
      }
    ],
    seen: 'the card arrives as plain text, {characters} characters',
    async run(trial) {
      await trial.admin.asks('Tell me about web-01', /resources: 2 vCPUs, 4 GiB memory/)
      return { characters: lastResult(trial).length }
    }
  },
  {
    name: 'A snapshot that takes six seconds, with its progress above the answer',
    recordings: [
      {
        prompt: 'Take a snapshot of web-01',
        turns: [[{ tool: 'snapshotVM', args: { vmUUID: 'web-01', label: 'trial' } }], repeats]
      }
    ],
    seen: 'the chat shows "{status}" while it runs',
    async run({ admin, bridge }) {
      const said = 'Take a snapshot of web-01'
      await bridge.slowTask(6000)
      await admin.say(said)
      const [status] = await admin.sees(said, /[^\n]*web-01[^\n]*\d %[^\n]*/)
      await admin.sees(said, /Created snapshot "trial" of VM "web-01"/)
      return { status }
    }
  },
  {
    name: 'A refusal: deleting a VM that runs',
    recordings: [
      {
        prompt: 'Delete web-02',
        turns: [[{ tool: 'deleteVM', args: { vmUUID: 'web-02' } }], repeats]
      }
    ],
    seen: 'the model gets the reason and what to call first',
    async run(trial) {
      await trial.admin.asks('Delete web-02', /is RUNNING and can be deleted only when it is off/)
      const result = lastResult(trial)
      expect(!result.includes('\\\\'), `the reason is escaped twice: ${result}`)
      return {}
    }
  },
  {
    name: 'A call that needs approval: the chat says where, `/console` approves it, the chat continues',
    recordings: [
      {
        prompt: 'Delete test-web-01',
        turns: [
          [{ tool: 'deleteVM', args: { vmUUID: 'test-web-01' } }],
          (results) =>
            `The bridge has not sent this yet. ${/It would[^.]*/.exec(results.at(-1) ?? '')?.[0]}. ` +
            `Please approve it at ${/http\S+console/.exec(results.at(-1) ?? '')?.[0]}, then tell me to continue.`
        ]
      },
      {
        prompt: 'It is approved',
        turns: [
          [
            {
              tool: 'deleteVM',
              args: (said) => ({ vmUUID: 'test-web-01', plan: planIn(said) })
            }
          ],
          (results) => `It is done: ${/message: (.*)/.exec(results.at(-1) ?? '')?.[1]}`
        ]
      }
    ],
    seen: 'the chat names the address; after the approval the same call with the plan deletes it',
    async run(trial) {
      const { admin, bridge } = trial
      await admin.newChat([connection])
      await admin.asks('Delete test-web-01', /Please approve it at (http\S+console)/)
      expect(lastResult(trial).includes(`${bridge.url}/console`), 'the address is not PUBLIC_URL')
      await approveInConsole(trial)
      await admin.asks('It is approved, go on', /It is done: Deleted .*/)
      return {}
    }
  }
]
