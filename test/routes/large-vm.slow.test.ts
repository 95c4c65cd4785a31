import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

const tokensOf = (text: string): number => encode(text).length

t.test('a VM of many disks, NICs and words fits an answer', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(({ state }) => state === 'RUNNING')
  const [disk, nic] = [vm?.blockDevs[0], vm?.netDevs[0]]
  if (vm === undefined || disk === undefined || nic === undefined) throw new Error('no such VM')
  const { uuid } = vm
  const small = await bridge.call('getVM_details', { vmUUID: uuid })
  t.notOk('notes' in small.body || 'leftOut' in small.body, 'a usual one is whole')

  const numbered = (i: number): string => uuid.slice(0, -4) + String(1000 + i)
  vm.blockDevs = Array.from({ length: 60 }, (_, slot) => ({ ...disk, uuid: numbered(slot), slot }))
  vm.netDevs = Array.from({ length: 30 }, (_, i) => ({
    ...nic,
    uuid: numbered(100 + i),
    connected: false
  }))
  vm.description = 'The mail server of the whole company. '.repeat(650)

  const { body, text } = await bridge.call('getVM_details', { vmUUID: uuid })
  t.comment(`JSON: ${tokensOf(text)} tokens`)
  t.ok(tokensOf(text) <= 4000, `${tokensOf(text)} tokens`)
  t.equal(body.blockDevs.length + body.leftOut.blockDevs, 60)
  t.equal(body.netDevs.length + body.leftOut.netDevs, 30)
  t.same(body.blockDevs[0], vm.blockDevs[0], 'what is shown is whole')
  t.match(body.description, /^The mail server .*… \(24700 characters\)$/)
  t.match(body.notes, [
    `long texts are cut; left out are ${body.leftOut.netDevs} of netDevs, ${body.leftOut.blockDevs} of blockDevs: run_api GET /VirDomain/${uuid} has all`
  ])
  t.equal(body.attention.filter((fact: string) => fact.includes('disconnected')).length, 3)
  t.ok(body.attention.includes('27 more like this'))

  const card = (await bridge.call('getVM_details', { vmUUID: uuid }, { accept: 'text/plain' })).text
  t.comment(`card: ${tokensOf(card)} tokens`)
  t.ok(tokensOf(card) <= 4000)
  t.match(card, `disks: 60\n`)
  t.match(card, `  ${body.leftOut.blockDevs} more: run_api GET /VirDomain/${uuid}\n`)
  t.match(card, `network: 30\n`)
  t.match(card, `  ${body.leftOut.netDevs} more: vmNetDevices_read\n`)
  const whole = await bridge.call('run_api', { method: 'GET', query: `/VirDomain/${uuid}` })
  t.equal(whole.status, 200, 'the way that is named leads there')
  t.equal(whole.body.body[0].blockDevs.length, 60)

  for (const accept of ['application/json', 'text/plain']) {
    const stats = await bridge.call('getVM_sysStats', { vmUUID: uuid }, { accept })
    t.comment(`statistics as ${accept}: ${tokensOf(stats.text)} tokens`)
    t.ok(tokensOf(stats.text) <= 4000)
    t.notMatch(stats.text, 'long texts')
    t.match(stats.text, `run_api GET /VirDomainStats/${uuid} has all`)
  }
})
