import type { VirDomain } from '../../hypercore/records/records.ts'

/** Whether a guest is Windows, another system, or not known. */
function systemOf({ operatingSystem, blockDevs }: VirDomain): 'windows' | 'linux' | undefined {
  if (operatingSystem.startsWith('os_windows')) return 'windows'
  const mounts = blockDevs.flatMap(({ mountPoints }) => mountPoints)
  if (mounts.some((each) => each.startsWith('/'))) return 'linux'
  return mounts.some((each) => /^[a-z]:/i.test(each)) ? 'windows' : undefined
}

const extend = {
  windows: 'Extend Volume in Disk Management',
  linux: 'growpart, then resize2fs or xfs_growfs'
}

const prepare = {
  windows: 'initialise and format it in Disk Management',
  linux: 'create a partition and file system, and mount it'
}

const said = (steps: { windows: string; linux: string }, vm: VirDomain): string => {
  const system = systemOf(vm)
  return system === undefined ? `${steps.windows} (Windows), ${steps.linux} (Linux)` : steps[system]
}

/** What is left to do in the guest after a disk grew. */
export const extendInGuest = (vm: VirDomain): string =>
  `Then extend its partition in the guest: ${said(extend, vm)}`

/** What is left to do in the guest with a new disk. */
export const prepareInGuest = (vm: VirDomain): string =>
  `It is empty, in the guest: ${said(prepare, vm)}`
