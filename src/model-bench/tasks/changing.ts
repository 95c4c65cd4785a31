import type { VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import type { ClusterState } from '../../simulator/state.ts'
import { addSnapshot, refreshSnapshotList } from '../../simulator/vms/snapshots.ts'
import { addressOf, bears, disksGiB, namesOf, snapshotsOf, vmNamed } from '../cluster-words.ts'
import type { Conversation } from '../talk.ts'
import { ofNic, ofPlace, ofPower, ofSnapshot } from '../expected-changes.ts'
import type { Task } from '../task.ts'
import { affirms } from '../words.ts'

const gib = 1024 ** 3

/** The VMs that run on 10.20.0.13. */
const onThirdNode = ['dc-01', 'file-01', 'postgres-01', 'app-02', 'print-01']

/** The snapshots of a VM, the newest first. */
const newestFirst = (state: ClusterState, name: string): VirDomainSnapshot[] =>
  snapshotsOf(state, name).toSorted((a, b) => b.timestamp - a.timestamp)

/** Makes test-web-01 broken, and what its snapshots hold another VM each time: by the memory. */
function breakTestWeb({ world: { state, random } }: Simulator): void {
  const vm = vmNamed(state, 'test-web-01')
  if (vm === undefined) return
  if (snapshotsOf(state, vm.name).length < 2) {
    const [only] = newestFirst(state, vm.name)
    const timestamp = (only?.timestamp ?? vm.modified) + 3600
    addSnapshot(state, random, vm, { uuid: random.uuid(), timestamp, type: 'USER', label: 'later' })
    refreshSnapshotList(state, vm)
  }
  const [newest, ...older] = newestFirst(state, vm.name)
  if (newest !== undefined) newest.domain.mem = 2 * gib
  for (const { domain } of older) domain.mem = gib
  vm.mem = gib / 2
}

/** What is wrong where the outcome of a call was unknown and was not checked. */
function notLookedAfter({ calls }: Conversation): string | undefined {
  const inDoubt = calls.findIndex(({ refused, writes }) => refused && writes > 0)
  const looked = calls.slice(inDoubt + 1).some(({ refused, writes }) => !refused && writes === 0)
  return inDoubt < 0 || looked ? undefined : 'Did not look whether it is there'
}

/** Changes specified in full: afterwards the cluster is as requested, and nothing else changed. */
export const changingTasks: readonly Task[] = [
  {
    id: 'snapshot',
    kind: 'change',
    half: 'tuning',
    ask: 'Take a snapshot of app-01 and call it before-update.',
    user: { confirm: 'yes' },
    isDone: (after, before) =>
      snapshotsOf(after, 'app-01').length === snapshotsOf(before, 'app-01').length + 1 &&
      snapshotsOf(after, 'app-01').some(({ label }) => label === 'before-update'),
    mayChange: ofSnapshot('app-01'),
    writes: { snapshotVM: ['app-01'] }
  },
  {
    id: 'two-snapshots',
    kind: 'change',
    half: 'kept-aside',
    ask: 'Take a snapshot called patchday of web-01 and of web-02.',
    user: { confirm: 'yes' },
    isDone: (after) =>
      ['web-01', 'web-02'].every(
        (name) => snapshotsOf(after, name).filter(({ label }) => label === 'patchday').length === 1
      ),
    mayChange: [...ofSnapshot('web-01'), ...ofSnapshot('web-02')],
    writes: { snapshotVM: ['web-01', 'web-02'], changeVMs: ['web-01', 'web-02'] }
  },
  {
    id: 'start',
    kind: 'change',
    half: 'tuning',
    ask: 'Please start test-web-01.',
    user: { confirm: 'yes' },
    isDone: (after) => vmNamed(after, 'test-web-01')?.state === 'RUNNING',
    mayChange: ofPower('test-web-01'),
    actions: ['START'],
    writes: { changeVM_state: ['test-web-01'] }
  },
  {
    id: 'shut-down',
    kind: 'change',
    half: 'kept-aside',
    ask: 'Shut down mail-relay-01 cleanly.',
    user: { confirm: 'yes' },
    isDone: (after) => vmNamed(after, 'mail-relay-01')?.state === 'SHUTOFF',
    mayChange: ofPower('mail-relay-01'),
    // STOP cuts the power: off it is then, too.
    actions: ['SHUTDOWN'],
    writes: { changeVM_state: ['mail-relay-01'] }
  },
  {
    id: 'power-off',
    kind: 'change',
    half: 'tuning',
    ask: 'legacy-erp-01 hangs and ignores a shutdown. Cut its power, so that it is off.',
    user: { confirm: 'yes' },
    isDone: (after) => vmNamed(after, 'legacy-erp-01')?.state === 'SHUTOFF',
    mayChange: ofPower('legacy-erp-01'),
    actions: ['SHUTDOWN', 'STOP'],
    writes: { changeVM_state: ['legacy-erp-01'] }
  },
  {
    id: 'resume',
    kind: 'change',
    half: 'kept-aside',
    ask: 'build-01 is paused. Let it go on.',
    user: { confirm: 'yes' },
    isDone: (after) => vmNamed(after, 'build-01')?.state === 'RUNNING',
    mayChange: ofPower('build-01'),
    actions: ['START'],
    writes: { changeVM_state: ['build-01'] }
  },
  {
    id: 'grow-by',
    kind: 'change',
    half: 'tuning',
    ask: 'The disk of web-01 is full. Make it 20 GiB larger.',
    user: { confirm: 'yes' },
    isDone: (after, before) =>
      disksGiB(vmNamed(after, 'web-01'))[0] === (disksGiB(vmNamed(before, 'web-01'))[0] ?? 0) + 20,
    mayChange: ['VirDomainBlockDevice web-01/VIRTIO_DISK 0: capacity'],
    writes: { resizeDisk: ['web-01'] }
  },
  {
    id: 'grow-to',
    kind: 'change',
    half: 'kept-aside',
    ask: 'postgres-01 has a disk of 250 GiB. Grow that disk to 300 GiB.',
    user: { confirm: 'yes' },
    isDone: (after) => disksGiB(vmNamed(after, 'postgres-01')).join() === '40,300',
    mayChange: ['VirDomainBlockDevice postgres-01/VIRTIO_DISK 1: capacity'],
    writes: { resizeDisk: ['postgres-01'] }
  },
  {
    id: 'add-nic',
    kind: 'change',
    half: 'tuning',
    ask: 'Give win11-desk-02 a second network adapter, in VLAN 20.',
    user: { confirm: 'yes' },
    isDone: (after) =>
      vmNamed(after, 'win11-desk-02')
        ?.netDevs.map(({ vlan }) => vlan)
        .join() === '30,20',
    mayChange: ofNic('win11-desk-02'),
    writes: { addNIC: ['win11-desk-02'] }
  },
  {
    id: 'insert-iso',
    kind: 'change',
    half: 'kept-aside',
    ask: 'Put the memtest ISO into the drive of test-web-01 and let it boot from that first.',
    user: { confirm: 'yes' },
    isDone: (after) => {
      const vm = vmNamed(after, 'test-web-01')
      const drive = vm?.blockDevs.find(({ type }) => type === 'IDE_CDROM')
      const iso = [...after.isos.values()].find(({ name }) => name.startsWith('memtest'))
      return (
        drive !== undefined &&
        iso !== undefined &&
        drive.path === iso.path &&
        vm?.bootDevices[0] === drive.uuid
      )
    },
    mayChange: [
      'VirDomainBlockDevice test-web-01/IDE_CDROM',
      'VirDomain test-web-01: bootDevices',
      // What was in the drive, and what is in it now.
      'ISO ubuntu-24.04-server.iso: mounts',
      'ISO memtest86-10.iso: mounts'
    ],
    writes: { insertISO: ['test-web-01'] }
  },
  {
    id: 'nightly-schedule',
    kind: 'change',
    half: 'tuning',
    ask: 'All VMs with the tag "app" need a nightly snapshot at 02:00, kept for 7 days. Call the schedule app-nights.',
    user: { confirm: 'yes' },
    isDone: (after) => {
      const schedules = [...after.snapshotSchedules.values()]
      const made = schedules.find(({ name }) => name === 'app-nights')
      const [rule, ...more] = made?.rrules ?? []
      return (
        rule !== undefined &&
        more.length === 0 &&
        rule.rrule.startsWith('FREQ=DAILY') &&
        rule.dtstart.includes(' 02:00') &&
        rule.localRetentionDurationSeconds === 7 * 86_400 &&
        namesOf(after, (vm) => vm.snapshotScheduleUUID === made?.uuid).join() ===
          namesOf(after, (vm) => bears(vm, 'app')).join()
      )
    },
    mayChange: [
      '+ VirDomainSnapshotSchedule app-nights',
      'VirDomain app-01: snapshotScheduleUUID',
      'VirDomain app-02: snapshotScheduleUUID'
    ],
    writes: {
      snapshotSchedule_create: ['app-01', 'app-02'],
      snapshotSchedule_assign: ['app-01', 'app-02']
    }
  },
  {
    id: 'evacuate',
    kind: 'change',
    half: 'kept-aside',
    ask: 'I have to replace a fan in the node 10.20.0.13. Move all running VMs off it.',
    user: { confirm: 'yes' },
    // What was shut down is off that node, too: they run on, elsewhere.
    isDone: (after) =>
      onThirdNode.every((name) => {
        const vm = vmNamed(after, name)
        return vm?.state === 'RUNNING' && addressOf(after, vm) !== '10.20.0.13'
      }),
    mayChange: onThirdNode.flatMap(ofPlace),
    actions: ['LIVEMIGRATE'],
    writes: {
      evacuateNode: [],
      changeVM_state: onThirdNode
    }
  },
  {
    id: 'restore',
    kind: 'change',
    half: 'tuning',
    ask: 'Somebody broke test-web-01. Bring it back from its newest snapshot and start it afterwards.',
    user: { confirm: 'yes' },
    prepare: breakTestWeb,
    isDone: (after, before) => {
      const old = vmNamed(before, 'test-web-01')
      const vm = vmNamed(after, 'test-web-01')
      const [newest] = newestFirst(before, 'test-web-01')
      return (
        vm !== undefined &&
        vm.uuid !== old?.uuid &&
        vm.state === 'RUNNING' &&
        vm.mem === newest?.domain.mem
      )
    },
    actions: ['START', 'SHUTDOWN', 'STOP'],
    mayChange: [
      '+ VirDomain',
      'VirDomain test-web-01: name',
      'VirDomain test-web-01: tags',
      'VirDomain test-web-01: description',
      // Its drive holds an ISO, and so does that of the new VM.
      'ISO ubuntu-24.04-server.iso: mounts',
      ...ofSnapshot('test-web-01')
    ],
    writes: { restoreVM: ['test-web-01'], changeVM_state: ['test-web-01'] }
  },
  {
    id: 'export',
    kind: 'change',
    half: 'kept-aside',
    ask: 'Export print-01 to the archive and tell me when that is done.',
    user: { confirm: 'yes' },
    wrong: ({ reply }) =>
      affirms(reply, /\b(?:done|complete|completed|finished|exported)\b/i)
        ? undefined
        : 'The reply does not say that it is done',
    isDone: (after) =>
      [...after.exports.values()].flat().filter(({ domain }) => domain.name === 'print-01')
        .length === 1,
    mayChange: ['+ Export', ...ofSnapshot('print-01')],
    writes: { exportVM: ['print-01'] }
  },
  {
    id: 'delete-named',
    kind: 'change',
    half: 'tuning',
    ask: 'We do not need test-web-02 any more. Delete test-web-02; I am sure.',
    user: { confirm: 'yes' },
    isDone: (after) => vmNamed(after, 'test-web-02') === undefined,
    mayChange: [
      '- VirDomain test-web-02',
      '- VirDomainSnapshot test-web-02/',
      '- VirDomainBlockDevice test-web-02/',
      '- VirDomainNetDevice test-web-02/'
    ],
    actions: ['SHUTDOWN', 'STOP'],
    writes: { deleteVM: ['test-web-02'], changeVM_state: ['test-web-02'] }
  },
  {
    id: 'node-dies',
    kind: 'change',
    half: 'kept-aside',
    ask: 'Take a snapshot of zabbix-01 and call it before-move. Make sure that it is there, once.',
    user: { confirm: 'yes' },
    prepare: ({ witnesses, faults, requests }) => {
      let isDead = false
      witnesses.add(({ method, path }) => {
        if (isDead || method !== 'POST' || !path.startsWith('/VirDomainSnapshot')) return
        isDead = true
        // The node accepts the call and fails before it responds.
        const node = requests.findLast((each) => each.path.includes(path))?.node ?? 0
        faults.add({ kind: 'node-down', node })
      })
    },
    isDone: (after) =>
      snapshotsOf(after, 'zabbix-01').filter(({ label }) => label === 'before-move').length === 1,
    wrong: notLookedAfter,
    mayChange: ofSnapshot('zabbix-01'),
    writes: { snapshotVM: ['zabbix-01'] }
  }
]
