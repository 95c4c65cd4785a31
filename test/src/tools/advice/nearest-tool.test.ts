import t from 'tap'
import { tools } from '../../../../routes/index.ts'
import { nearestTool } from '../../../../src/tools/advice/nearest-tool.ts'
import { startTestBridge } from '../../../helper/bridge.ts'
import { callRaw } from '../../../helper/mcp-raw.ts'

const names = tools.map(({ name }) => name)

t.test('the prefixes and suffixes of clients, for every tool', async (t) => {
  for (const name of names)
    for (const written of [
      `hypercore_${name}`,
      `mcp__hypercore__${name}`,
      `functions.${name}`,
      `${name}_post`,
      `scale-bridge:${name}`,
      `tool/${name}`,
      name.toUpperCase(),
      name.replaceAll('_', '-')
    ])
      t.equal(nearestTool(written, names), name, written)
})

t.test('a misspelling is still found, and nothing is invented', async (t) => {
  t.equal(nearestTool('vm_raed', names), 'vm_read')
  t.equal(nearestTool('taskTagStatusFilter_read', names), 'taskTagStatusFilter')
  for (const word of ['', 'x'.repeat(5000), 'launch_the_rocket_into_orbit'])
    t.equal(nearestTool(word, names), undefined, word.slice(0, 30))
})

t.test('the nearest tool is suggested over MCP and REST', async (t) => {
  const bridge = await startTestBridge(t)
  for (const name of [
    'hypercore_vm_read',
    'mcp__hypercore__vm_read',
    'functions.vm_read',
    'vm_read_post'
  ]) {
    const { body } = await callRaw(bridge, 'legacy', name)
    t.match(body.error, { code: -32_602, message: /did you mean vm_read\?/ }, name)
    const rest = await bridge.fetch(`/${name}`, { method: 'POST' })
    t.match(rest.body.error, { code: 'ROUTE_NOT_FOUND', message: /did you mean POST \/vm_read\?/ })
  }
})
