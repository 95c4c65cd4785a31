import t from 'tap'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { disksIn, recordOf, takeWrites } from '../helper/hardware.ts'

const GiB = 1024 ** 3

/** One VIRTIO disk for each size, in GiB, and no information from a guest agent. */
function arrange(bridge: TestBridge, name: string, sizes: readonly number[]): VirDomain {
  const vm = recordOf(bridge, name)
  const [template] = disksIn(vm)
  if (template === undefined) throw new Error(`${name} has no disk`)
  const rest = vm.blockDevs.filter(({ type }) => !type.endsWith('_DISK'))
  const made = sizes.map((size, slot) => ({
    ...template,
    uuid: slot === 0 ? template.uuid : bridge.simulator.world.random.uuid(),
    type: 'VIRTIO_DISK' as const,
    capacity: size * GiB,
    slot,
    mountPoints: []
  }))
  vm.blockDevs = [...made, ...rest]
  vm.bootDevices = [template.uuid]
  return vm
}

t.test('without a guest agent a letter is a guess that is noted, or a question', async (t) => {
  const bridge = await startTestBridge(t)
  const grow = (disk: string) =>
    bridge.call('resizeDisk', { vmUUID: 'web-01', disk, addGiB: 1, again: true })
  const guessed = async (disk: string, slot: number, why: RegExp): Promise<void> => {
    const { status, body, text } = await grow(disk)
    t.equal(status, 200, text)
    t.match(body.notes.join('\n'), why)
    t.match(body.message, `Disk slot ${slot} of VM`)
  }
  const asked = async (disk: string, why: RegExp): Promise<void> => {
    takeWrites(bridge)
    const { status, body } = await grow(disk)
    t.equal(status, 409)
    t.match(body.error, { code: 'AMBIGUOUS_NAME', message: why })
    for (const candidate of body.error.candidates)
      t.match(candidate, { uuid: String, slot: Number, size: String, type: String, name: String })
    t.same(takeWrites(bridge), [])
  }
  const refused = async (disk: string, why: RegExp): Promise<void> => {
    takeWrites(bridge)
    t.match(await grow(disk), { status: 404, body: { error: { message: why } } }, disk)
    t.same(takeWrites(bridge), [])
  }
  arrange(bridge, 'web-01', [40])
  await guessed('C:', 0, /"C:" taken for slot 0, a guess: no guest agent.*only this one/)
  await guessed('D:', 0, /only this one/)
  for (const word of ['root', 'the root disk', 'system', 'boot', 'OS disk', 'default', 'disk1'])
    await guessed(word, 0, /a guess: it has only this one/)
  await guessed('disk 0', 0, /the first is 0/)
  await refused('data', /No disk of VM "web-01" is "data"\. It has only slot 0 .*leave disk out/)
  await refused('disk 2', /It has only slot 0/)
  arrange(bridge, 'web-01', [40, 100])
  for (const word of ['root', 'system disk', 'boot'])
    await guessed(word, 0, /it boots from this one/)
  await guessed('disk-0', 0, /the first is 0/)
  await asked('default', /Which disk of VM "web-01" is "default" is not certain, as it has 2: pass/)
  await asked('disk 1', /as it has 2, and some count from 0/)
  await refused('data', /: disk takes its slot, .* It has slot 0 .*; slot 1 .*call again with one/)
  await guessed('C:', 0, /boots from this one/)
  await guessed('E:', 1, /boots from the other/)
  await guessed('/dev/vdb1', 1, /Linux names disks/)
  arrange(bridge, 'web-01', [40, 100, 200])
  await guessed('c', 0, /boots from this one/)
  await asked(
    'D:',
    /is not certain, as no guest agent .* CD-ROM drive takes a letter: pass disk as its slot/
  )
  const vm = arrange(bridge, 'web-01', [40, 100, 200])
  vm.blockDevs = vm.blockDevs.filter(({ type }) => type !== 'IDE_CDROM')
  await guessed('E:', 2, /letters follow the slots/)
  const [, second] = disksIn(vm)
  if (second !== undefined) second.type = 'IDE_DISK'
  await asked('E:', /disks are of several types/)
  if (second !== undefined) second.slot = 0
  await asked('0', /^2 disks of VM "web-01" are "0"/)
})

t.test('the root disk is the one that the guest agent reports as /', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = arrange(bridge, 'web-01', [40, 100])
  const [first, second] = disksIn(vm)
  if (first === undefined || second === undefined) throw new Error('it has two disks')
  const grow = () =>
    bridge.call('resizeDisk', { vmUUID: 'web-01', disk: 'root', addGiB: 1, again: true })
  first.mountPoints = ['/data']
  second.mountPoints = ['/']
  const { body } = await grow()
  t.match(body.message, 'Disk "/" (slot 1) of VM "web-01": 100 GiB → 101 GiB')
  t.notMatch(JSON.stringify(body.notes), /guess/)
  // An agent that reports other mount points says that there is none.
  for (const disk of disksIn(recordOf(bridge, 'web-01'))) disk.mountPoints = ['C:\\']
  t.match(await grow(), { status: 404, body: { error: { message: /No disk of VM/ } } })
})

t.test('a disk to delete is named by what is certain', async (t) => {
  const bridge = await startTestBridge(t)
  arrange(bridge, 'web-01', [40])
  const remove = (disk: string) => bridge.call('removeDisk', { vmUUID: 'web-01', disk, sure: true })
  takeWrites(bridge)
  for (const disk of ['default', 'root', 'disk 0', 'boot'])
    t.match(await remove(disk), { status: 409, body: { error: { code: 'AMBIGUOUS_NAME' } } }, disk)
  const { body } = await remove('data')
  t.match(body.error.message, /disk takes its slot, .*call again with one of these$/)
  t.same(takeWrites(bridge), [])
})
