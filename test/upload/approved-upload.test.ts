import t from 'tap'
import { addApprovers } from '../helper/approvers.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { generatedHash, startFileServer } from '../helper/file-server.ts'

const bytes = 3 * 2 ** 20 + 5
const sha256 = generatedHash(bytes)

for (const [tool, file] of [
  ['uploadISO', 'approved.iso'],
  ['uploadDisk', 'approved.img']
] as const)
  t.test(`${tool} waits for a person, and is carried out as it was approved`, async (t) => {
    const files = await startFileServer(t, bytes)
    const bridge = await startTestBridge(t, {
      simulator: { nodes: 1, speed: 300 },
      config: { importSources: ['127.0.0.1'], approval: 'lose' }
    })
    const { alice, call, plan } = addApprovers(bridge)
    const { uploads } = bridge.simulator.world.state
    const before = uploads.size
    const args = { url: `${files.url}/${file}`, sha256, wait: 0 }
    const id = await plan(tool, args)
    t.equal(uploads.size, before, 'not a byte is sent before')
    const early = await bridge.call(tool, { ...args, plan: id })
    t.match(early.body, { error: { code: 'APPROVAL_REQUIRED' } })
    const { status, body: decided } = await call(alice, `/approvals/${id}/approve`, {})
    t.equal(status, 200, JSON.stringify(decided))
    const other = await bridge.call(tool, { ...args, url: `${files.url}/other-${file}`, plan: id })
    t.match(other.body, { error: { code: 'PLAN_STALE', message: /is for another call/ } })
    t.equal(uploads.size, before)

    const { body } = await bridge.call(tool, { ...args, wait: 60, plan: id })
    t.match(body, { state: 'COMPLETE', bytes, sha256 })
    t.same(
      [...uploads.values()].map(({ sha256: hash }) => hash),
      [sha256]
    )
    const [sent] = bridge.app.audit.recent().filter(({ plan: of, path }) => of === id && path)
    t.match(sent, { tool, plan: id, approver: 'alice' })
    const again = await bridge.call(tool, { ...args, plan: id, again: true })
    t.match(again.body, { error: { code: /PLAN_USED|ILLEGAL_STATE/ } }, 'it runs once')
  })
