import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { instructionsFor } from '../../../src/mcp/instructions.ts'
import { textOf } from '../../helper/recorded-model.ts'
import {
  approveInConsole,
  connections,
  connectionToken,
  lastResult,
  repeats,
  setConnections,
  toolsOf,
  toolsOffered
} from './looks.ts'
import { inPromptMode } from './prompt-mode.ts'
import { expect, type Step } from './step.ts'
import type { Trial } from './trial.ts'

/** OpenWebUI shows a connection of one's own by the title of its document. */
const own = 'scale-bridge'
const overMcp = 'HyperCore over MCP'

/** How many items a list holds that came as JSON; undefined for another text. */
function itemsIn(result: string): number | undefined {
  try {
    return (JSON.parse(result) as { items?: unknown[] }).items?.length
  } catch {
    return undefined
  }
}

/** The beginning of the instructions, which are longer where there are more tools. */
const [instructions = ''] = instructionsFor(new Set(), false).split('. ')

/** Adds a connection of the user's own, whose browser calls the bridge. */
async function addOwn(trial: Trial): Promise<string> {
  const { user, bridge } = trial
  await user.openIntegrations('own')
  await user.addConnection()
  await user.page.locator('#enter-name').fill(own)
  await user.page.locator('#api-base-url').fill(bridge.url)
  await user.page.getByPlaceholder('API Key').fill(await connectionToken(trial))
  const notice = await user.verify()
  await user.saveConnection()
  return notice
}

export const otherWays: Step[] = [
  {
    name: 'A direct connection, from a page that `CORS_ORIGINS` does not name',
    seen: 'Verify says only "{notice}"',
    async run(trial) {
      trial.inView = trial.user
      const { user, bridge, openWebUi } = trial
      await bridge.set('CORS_ORIGINS', 'https://other.example')
      await bridge.stop()
      await bridge.start()
      try {
        await user.openIntegrations('own')
        await user.addConnection()
        await user.page.locator('#api-base-url').fill(bridge.url)
        await user.page.getByPlaceholder('API Key').fill(await connectionToken(trial))
        const notice = await user.verify()
        expect(/failed|error/i.test(notice), `Verify says: ${notice}`)
        return { notice }
      } finally {
        await bridge.set('CORS_ORIGINS', openWebUi.url)
        await bridge.stop()
        await bridge.start()
      }
    }
  },
  {
    name: 'A direct connection, from a page that it names',
    recordings: [
      {
        prompt: 'Look from my browser',
        turns: [[{ tool: 'vm_read', args: { limit: 2 } }], repeats]
      }
    ],
    seen: 'Verify says "{notice}"; the browser calls, and the model gets JSON, {characters} characters for 2 VMs',
    async run(trial) {
      trial.inView = trial.user
      const { user } = trial
      const notice = await addOwn(trial)
      expect(/success/i.test(notice), `Verify says: ${notice}`)
      await user.newChat([own])
      await user.asks('Look from my browser', /I was told:[\s\S]*web-01/)
      const result = lastResult(trial)
      expect(itemsIn(result) === 2, `the model got: ${result.slice(0, 200)}`)
      return { notice, characters: result.length }
    }
  },
  {
    name: 'The type MCP: `connect openwebui --mcp`, imported in the settings',
    recordings: [{ prompt: 'Hello over MCP', turns: [() => 'Hello.'] }],
    seen:
      'Verify says "{notice}"; {tools} tools that its token may use, as hypercore_vm_read and so on, ' +
      'and the instructions of the bridge reach the model',
    async run(trial) {
      const { admin, bridge, folder } = trial
      const printed = await bridge.command(['connect', 'openwebui', '--mcp', '--show-token'])
      const file = join(folder, 'connection.json')
      // Two connections of one cluster, distinguished by their names.
      await writeFile(file, printed.replace('"name": "HyperCore"', `"name": "${overMcp}"`))
      await admin.openIntegrations('all')
      await admin.addConnection()
      const chooser = admin.page.waitForEvent('filechooser')
      await admin.page.getByText('Import', { exact: true }).click()
      await (await chooser).setFiles(file)
      await admin.page.locator('#enter-name').waitFor()
      const notice = await admin.verify()
      expect(/success/i.test(notice), `Verify says: ${notice}`)
      await admin.saveConnection()
      await admin.newChat([overMcp])
      await admin.asks('Hello over MCP', /Hello\./)
      const offered = toolsOffered(trial, 'hypercore_')
      // The document leaves out what is beyond the scopes of the token, as MCP does.
      const tools = await toolsOf(trial, await connectionToken(trial))
      const missing = tools.filter((name) => !offered.includes(`hypercore_${name}`))
      expect(missing.length === 0, `the model is not offered ${missing.join(', ')}`)
      const system = trial.model.asked.at(-1)?.messages.find(({ role }) => role === 'system')
      const prompt = system === undefined ? '' : textOf(system)
      expect(prompt.includes(instructions), `the system prompt is: ${prompt.slice(0, 200)}`)
      return { notice, tools: offered.length }
    }
  },
  {
    name: 'Over MCP: a list',
    recordings: [
      { prompt: 'Which VMs over MCP', turns: [[{ tool: 'vm_read', args: {} }], repeats] }
    ],
    seen: 'plain text, {characters} characters',
    async run(trial) {
      await trial.admin.newChat([overMcp])
      await trial.admin.asks('Which VMs over MCP?', /I was told:[\s\S]*web-01[\s\S]*RUNNING/)
      const result = lastResult(trial)
      expect(result.startsWith('total '), `the model got: ${result.slice(0, 200)}`)
      return { characters: result.length }
    }
  },
  {
    name: 'Over MCP: a snapshot with its progress',
    recordings: [
      {
        prompt: 'Snapshot of web-02 over MCP',
        turns: [[{ tool: 'snapshotVM', args: { vmUUID: 'web-02', label: 'mcp' } }], repeats]
      }
    ],
    seen: 'the chat shows "{status}"',
    async run({ admin, bridge }) {
      const said = 'Snapshot of web-02 over MCP'
      await bridge.slowTask(6000)
      await admin.say(said)
      const [status] = await admin.sees(said, /[^\n]*web-02[^\n]*\d %[^\n]*/)
      await admin.sees(said, /Created snapshot "mcp" of VM "web-02"/)
      return { status }
    }
  },
  {
    name: 'Over MCP: a refusal',
    recordings: [
      {
        prompt: 'Delete web-01 over MCP',
        turns: [[{ tool: 'deleteVM', args: { vmUUID: 'web-01' } }], repeats]
      }
    ],
    seen: 'the model gets the reason',
    async run(trial) {
      const said = 'Delete web-01 over MCP'
      await trial.admin.asks(said, /is RUNNING and can be deleted only when it is off/)
      return {}
    }
  },
  {
    name: 'Over MCP: a call that waits for approval, with its notice in the chat',
    recordings: [
      {
        prompt: 'Delete the template over MCP',
        turns: [[{ tool: 'deleteVM', args: { vmUUID: 'tmpl-ubuntu-2404-01', wait: 60 } }], repeats]
      }
    ],
    seen:
      'a dialog says what waits, with a link to the console; after it the chat shows "Waiting for a person to ' +
      'approve plan … at …/console", and continues by itself',
    async run(trial) {
      const { admin, bridge } = trial
      const said = 'Delete the template over MCP'
      await admin.newChat([overMcp])
      await admin.say(said)
      const notice = admin.page.getByText(`${bridge.url}/console`, { exact: true })
      await notice.waitFor()
      await admin.picture('notice')
      const text = await admin.page.getByText(/This call waits for a person's approval/).innerText()
      const opened = admin.page.context().waitForEvent('page')
      await notice.click()
      await (await opened).close()
      const [status] = await admin.sees(said, /Waiting for a person to approve[^\n]*/)
      expect(status.includes(`${bridge.url}/console`), `the status does not say where: ${status}`)
      await approveInConsole(trial)
      await admin.sees(said, /message: Deleted VM "tmpl-ubuntu-2404-01"/)
      expect(text.includes('what you choose here approves nothing'), `the dialog says: ${text}`)
      return {}
    }
  },
  {
    name: 'Over MCP: prompt mode (Function Calling: Legacy)',
    recordings: [
      {
        prompt: 'All VMs over MCP',
        turns: [[{ tool: 'hypercore_vm_read', args: {} }], () => 'Look at the source.']
      }
    ],
    seen: 'as with OpenAPI',
    async run(trial) {
      const given = await inPromptMode(trial, overMcp, 'All VMs over MCP')
      expect(/total \d+, shown/.test(given), `the result did not reach the model: ${given}`)
      return {}
    }
  },
  {
    name: 'Over MCP: a list, without `structured=off`',
    recordings: [
      { prompt: 'The same list in full', turns: [[{ tool: 'vm_read', args: {} }], repeats] }
    ],
    seen: 'the model gets text and JSON, {characters} characters',
    async run(trial) {
      const before = await connections(trial)
      const full = before.map((each) => ({
        ...each,
        url: String(each['url']).replace('?structured=off', '')
      }))
      await setConnections(trial, full)
      try {
        await trial.admin.newChat([overMcp])
        await trial.admin.asks('The same list in full', /I was told:/)
        const result = lastResult(trial)
        // One of the two may stand escaped in the other.
        const hasBoth = /total \d+, shown/.test(result) && /\\?"items\\?":/.test(result)
        expect(hasBoth, `the model got: ${result.slice(0, 200)}`)
        return { characters: result.length }
      } finally {
        await setConnections(trial, before)
      }
    }
  },
  {
    name: 'Over MCP: a wrong token',
    recordings: [{ prompt: 'Any VMs over MCP', turns: [() => 'I see no tools.'] }],
    seen: 'the chat shows "{status}"',
    async run(trial) {
      const { admin } = trial
      const said = 'Any VMs over MCP?'
      const before = await connections(trial)
      await admin.newChat([overMcp])
      await setConnections(
        trial,
        before.map((each) => ({ ...each, key: 'a-wrong-token-0123456789' }))
      )
      try {
        await admin.say(said)
        const [status] = await admin.sees(said, /Failed to connect[^\n]*/)
        return { status }
      } finally {
        await setConnections(trial, before)
      }
    }
  }
]
