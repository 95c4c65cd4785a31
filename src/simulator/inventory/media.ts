import type { VirDomain } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { medium } from '../vms/block-devices.ts'
import { guestToolsIsoName, refreshMounts } from '../vms/iso-mounts.ts'

const isos: readonly { name: string; size: number; ready: boolean }[] = [
  { name: 'ubuntu-24.04-server.iso', size: 2773874688, ready: true },
  { name: 'windows-server-2022.iso', size: 5044094976, ready: true },
  { name: 'debian-12.7-netinst.iso', size: 661651456, ready: true },
  { name: guestToolsIsoName, size: 348160000, ready: true },
  { name: 'memtest86-10.iso', size: 13246464, ready: true },
  // Declared, and then its data was never sent (FACTS 11).
  { name: 'rocky-9.4-minimal.iso', size: 1829634048, ready: false }
]

const images: readonly { name: string; capacityBytes: number; totalAllocationBytes: number }[] = [
  {
    name: 'ubuntu-24.04-server.qcow2',
    capacityBytes: 3758096384,
    totalAllocationBytes: 642777088
  },
  { name: 'opnsense-24.7.img', capacityBytes: 3221225472, totalAllocationBytes: 1503657984 },
  { name: 'appliance-syslog.vmdk', capacityBytes: 21474836480, totalAllocationBytes: 4299161600 }
]

/** Which VM has which medium in its drive. */
const inserted: Readonly<Record<string, string>> = {
  'web-02': 'ubuntu-24.04-server.iso',
  'test-web-01': 'ubuntu-24.04-server.iso',
  'sql-prod-01': guestToolsIsoName
}

function insert(state: ClusterState, vm: VirDomain, name: string): void {
  const iso = [...state.isos.values()].find((candidate) => candidate.name === name)
  const drive = vm.blockDevs.find((device) => device.type === 'IDE_CDROM')
  if (iso !== undefined && drive !== undefined) Object.assign(drive, medium(iso))
}

/** The ISOs, some in a VM's drive and one without its data, and the uploaded disk images. */
export function createMedia(state: ClusterState, random: Random): void {
  for (const { name, size, ready } of isos) {
    const uuid = random.uuid()
    state.isos.set(uuid, {
      uuid,
      name,
      size,
      mounts: [],
      readyForInsert: ready,
      path: `scribe/${uuid}`
    })
    if (ready && name !== guestToolsIsoName) state.bootableIsos.add(uuid)
  }
  for (const image of images) {
    const uuid = random.uuid()
    state.virtualDisks.set(uuid, { uuid, blockSize: 1048576, replicationFactor: 2, ...image })
  }
  for (const vm of state.virDomains.values()) {
    const name = inserted[vm.name]
    if (name !== undefined) insert(state, vm, name)
  }
  refreshMounts(state)
}
