import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tools } from '../../../../src/app.ts'
import { packageRoot } from '../../../../src/lib/files/package-info.ts'
import { inOfferedWords } from '../../../../src/tools/advice/offered-words.ts'
import { chooseTools, toolSets } from '../../../../src/tools/tool-sets.ts'
import { startTestBridge } from '../../../helper/bridge.ts'

const all = tools.map(({ name }) => name)
const namesOf = (set: string): Set<string> =>
  new Set(chooseTools(tools, set).map(({ name }) => name))
const core = namesOf('core')

t.test('a message directs no caller to a tool that is not offered', async (t) => {
  for (const [message, said] of [
    ['vm_read lists all VMs', 'vm_read lists all VMs'],
    ['Look with getVM_details how far it is', 'Look with vm_read how far it is'],
    ['No node has the uuid x: node_read lists them', 'No node has the uuid x'],
    [
      'No snapshot "a": vmSnapshots_read lists them, with vmUUID those of one VM',
      'No snapshot "a"'
    ],
    [
      'Every drive holds an ISO. ejectISO with iso empties one, then insertISO again. Nothing was sent',
      'Every drive holds an ISO. ejectISO with iso empties one, then insertISO again. Nothing was sent. ejectISO is not among your tools: tell the user'
    ],
    [
      'delete_snapshotVM deletes it, or removeDisk, then see "a.b"',
      'delete_snapshotVM deletes it, or removeDisk, then see "a.b". delete_snapshotVM, removeDisk are not among your tools: tell the user'
    ]
  ] as const)
    t.equal(inOfferedWords(message, { all, offered: core }), said)
  t.equal(
    inOfferedWords('node_read lists them', { all, offered: undefined }),
    'node_read lists them'
  )
})

/** Every text of the bridge that names a tool, with what it fills in left out. */
function messages(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(packageRoot, folder, file), 'utf8')
      return [...source.matchAll(/`[^`]*`|'[^'\n]*'/g)].map(([text]) =>
        text.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, 'X')
      )
    })
    .filter((text) => text.includes(' ') && all.some((name) => text.includes(name)))
}

t.test('every text of the bridge, for every tool set', async (t) => {
  const texts = ['routes', 'src/tools', 'src/policy', 'src/hypercore', 'src/views'].flatMap(
    messages
  )
  t.ok(texts.length > 100)
  const left = toolSets.flatMap((set) => {
    const offered = namesOf(set)
    return texts.flatMap((text) => {
      const said = inOfferedWords(text, { all, offered })
      const [, told = ''] =
        /\. ([\w, ]+) (?:is|are) not among your tools: tell the user$/.exec(said) ?? []
      const missing = new Set(told.split(', '))
      return all
        .filter((name) => /[A-Z_]/.test(name) && !offered.has(name) && !missing.has(name))
        .filter((name) => new RegExp(`\\b${name}\\b`).test(said))
        .map((name) => `${set}: ${name} in "${said}"`)
    })
  })
  t.same(left, [])
})

t.test('REST takes the tool set from a header, MCP from its address', async (t) => {
  const bridge = await startTestBridge(t)
  const vmUUID = bridge.vm('web-01')
  const [tool, args] = [
    'insertISO',
    { vmUUID, iso: '11111111-2222-4333-8444-555555555555' }
  ] as const
  const messageOf = async (set?: string): Promise<string> => {
    const headers: Record<string, string> = set === undefined ? {} : { 'x-tool-set': set }
    const { body } = await bridge.call(tool, args, headers)
    return (body as { error: { message: string } }).error.message
  }
  t.match(
    await messageOf(),
    /iso_read lists them\. Call iso_read yourself now, then insertISO again$/
  )
  t.match(await messageOf('operator,iso_read'), /iso_read lists them\. Call iso_read/)
  t.match(await messageOf('core'), /^No ISO image has the uuid 1{8}-[-\w]+$/)
  // A client that calls a tool has it, whatever the set is.
  t.match(await messageOf('iso_read'), /iso_read lists them/)
  t.match(await messageOf('cores'), /tools names "cores", which is neither a tool set nor a tool/)

  const overMcp = async (query: string): Promise<string> => {
    const { text } = await bridge.fetch(`/mcp${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bridge.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25'
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: tool, arguments: args }
      })
    })
    return text
  }
  t.match(await overMcp(''), /iso_read lists them/)
  t.notMatch(await overMcp('?tools=core'), /iso_read/)
  t.match(await overMcp('?tools=core'), /No ISO image has the uuid/)
})

t.test('what a model should look up is said as an order', async (t) => {
  const bridge = await startTestBridge(t)
  const { body } = await bridge.call('snapshotVM', { vmUUID: 'domain-controller', label: 'x' })
  t.match(body, {
    error: {
      message:
        /^No VM is called "domain-controller"; by its description or tags this may be "dc-01" or "dc-02"\. vm_read lists all VMs\. Say to the user that it does not exist, and ask which one is meant$/
    }
  })
  // A call that can lose data is offered none of another name.
  const lost = await bridge.call('deleteVM', { vmUUID: 'domain-controller' })
  t.match(lost.body, {
    error: {
      message:
        /^No VM is called "domain-controller"\. vmUUID takes .*\. vm_read lists all VMs\. Say to the user that it does not exist, and ask which one is meant$/
    }
  })
  // A likely one may be tried where nothing is lost; else the user is asked.
  const near = await bridge.call('snapshotVM', { vmUUID: 'web-1', label: 'x' })
  t.match(near.body, {
    error: { message: /did you mean "web-01"[^?]*\? .*vm_read lists all VMs$/ }
  })
  const slip = await bridge.call('deleteVM', { vmUUID: 'wbe-01' })
  t.match(slip.body, { error: { message: /did you mean "web-01"\? .*ask which one is meant$/ } })
  // Not where it is the tool itself.
  const read = await bridge.call('getVM_details', { vmUUID: 'domain-controller' })
  t.match(read.body, { error: { message: /Call vm_read yourself now, then getVM_details again$/ } })
})
