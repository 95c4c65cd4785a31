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
  arrange(bridge, 'web-01', [40])
  await guessed('C:', 0, /"C:" taken for slot 0, a guess: no guest agent.*only this one/)
  await guessed('D:', 0, /only this one/)
  arrange(bridge, 'web-01', [40, 100])
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
