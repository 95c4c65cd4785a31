import type { TaskTagStatus, VirDomain } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { noTask, shortUuid, type Tasks } from '../tasks.ts'
import { day, epochSeconds, hour, minute } from './epoch.ts'

const finished = (vm: VirDomain, description: string, at: number): TaskTagStatus => ({
  ...noTask(),
  progressPercent: 100,
  state: 'COMPLETE',
  formattedDescription: description,
  descriptionParameters: [vm.name],
  objectUUID: vm.uuid,
  created: at - 2,
  modified: at,
  completed: at,
  nodeUUIDs: vm.nodeUUID === '' ? [] : [vm.nodeUUID]
})

/** The last thing each VM was asked to do; the cluster has forgotten these tasks themselves. */
function rememberLastTasks(state: ClusterState, tasks: Tasks): void {
  for (const vm of state.virDomains.values()) {
    const description =
      vm.state === 'RUNNING' || vm.state === 'CRASHED'
        ? 'Start Virtual Machine %@'
        : vm.state === 'PAUSED'
          ? 'Pause Virtual Machine %@'
          : 'Update Virtual Machine %@'
    vm.latestTaskTag = tasks.remember(finished(vm, description, vm.modified), false)
  }
}

/** What the cluster did in the last hours, one failure among it (FACTS 4: O). */
export function createHistory(state: ClusterState, random: Random, tasks: Tasks): void {
  rememberLastTasks(state, tasks)
  const sessionID = random.uuid()
  const vms = [...state.virDomains.values()]
  const remember = (vm: VirDomain | undefined, task: Partial<TaskTagStatus>, ago: number): void => {
    if (vm === undefined) return
    const at = epochSeconds - ago
    const kept = tasks.remember({ ...finished(vm, '', at), sessionID, ...task })
    vm.modified = at
    vm.latestTaskTag = { ...kept }
  }
  const done = (name: string, description: string, ago: number): void =>
    remember(
      vms.find((vm) => vm.name === name),
      { formattedDescription: description },
      ago
    )
  done('web-01', 'Create Snapshot for Virtual Machine %@', 20 * hour)
  done('app-01', 'Live Migrate Virtual Machine %@', 9 * hour)
  done('dc-01', 'Update Virtual Machine %@', 6 * hour)
  const test = vms.find((vm) => vm.name === 'test-web-01')
  remember(
    test,
    {
      state: 'ERROR',
      progressPercent: 0,
      formattedDescription: 'Delete block device %@ for Virtual Machine %@',
      descriptionParameters: [shortUuid(test?.blockDevs[0]?.uuid ?? ''), test?.name ?? ''],
      formattedMessage: "Unable to delete block device from VM '%@': Still in use",
      messageParameters: [test?.name ?? '']
    },
    3 * hour
  )
  done('web-02', 'Start Virtual Machine %@', 35 * minute)
}

/** The one update that waits to be applied (FACTS 17). */
export function createUpdates(state: ClusterState): void {
  const [major = '9', minor = '4', , build = '0'] = state.cluster.icosVersion.split('.')
  const later = Number(build) + 1214
  const next =
    minor === '6'
      ? { revision: 27, buildID: 225000, text: '9.6.27.225000' }
      : { revision: 99, buildID: later, text: `${major}.${minor}.99.${later}` }
  state.updates = [
    {
      uuid: next.text,
      description: 'Maintenance release',
      changeLog:
        '<h2>Fixed</h2><ul><li>Live migration of virtual machines with vTPM</li>' +
        '<li>Alerts of drives that were replaced</li></ul>',
      buildID: next.buildID,
      majorVersion: Number(major),
      minorVersion: Number(minor),
      revision: next.revision,
      timestamp: epochSeconds - 9 * day
    }
  ]
}
