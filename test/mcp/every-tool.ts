/** Calls a tool and answers its text. */
export type CallForText = (tool: string, args?: Record<string, unknown>) => Promise<string>

const field = (text: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? `no ${name} in ${text}`

/** Reads, with arguments; the same call answers the same on a quiet cluster. */
export const reads: [tool: string, args: (vmUUID: string) => Record<string, unknown>][] = [
  ['ping_read', () => ({})],
  ['cluster_read', () => ({})],
  ['clusterSpec_read', () => ({})],
  ['node_read', () => ({ limit: 2 })],
  ['drive_read', () => ({ detail: 'full', limit: 3 })],
  ['condition_read', () => ({})],
  ['user_read', () => ({})],
  ['iso_read', () => ({})],
  ['virtualDisk_read', () => ({})],
  ['vm_read', () => ({ filter: 'state:RUNNING', limit: 3 })],
  ['vm_read', () => ({ detail: 'full', limit: 2 })],
  ['vm_read', () => ({ filter: 'nothing has this name' })],
  ['fetch_vm', () => ({ name: 'web' })],
  ['getVM_details', (vmUUID) => ({ vmUUID })],
  ['getVM_sysStats', (vmUUID) => ({ vmUUID })],
  ['vmNetDevices_read', (vmUUID) => ({ vmUUID })],
  ['vmSnapshots_read', () => ({ limit: 5 })],
  ['taskTagStatus_read', () => ({})],
  ['query_api', () => ({ query: 'take a snapshot every night' })],
  ['query_api', () => ({ query: 'grow a disk', detail: 'full' })],
  ['run_api', () => ({ query: '/VirDomainSnapshotSchedule', method: 'GET' })],
  ['run_api', (vmUUID) => ({ query: `/VirDomain/${vmUUID}`, method: 'GET' })],
  ['get_session', () => ({})]
]

const nobody = '00000000-0000-4000-8000-000000000000'

/** Calls that are refused, with what is wrong. */
export const refusals: [tool: string, args: Record<string, unknown>][] = [
  ['vm_read', { fliter: 'web' }],
  ['vm_read', { limit: 'many', offset: -1 }],
  ['getVM_details', {}],
  ['getVM_details', { vmUUID: nobody }],
  ['changeVM_state', { vmUUID: nobody, actionType: 'EXPLODE' }],
  ['waitTask', { taskTag: '999999' }],
  ['snapshotVM', { vmUUID: nobody, label: 'x' }],
  ['createVM', { name: '', mem: -1 }],
  ['importVM', {}],
  ['run_api', { query: '/VirDomian', method: 'GET' }],
  ['run_api', { query: '/VirDomain', method: 'POST', payload: { nmae: 'x' } }],
  ['query_api', { query: ' ' }],
  ['ask_api', {}]
]

/**
 * A VM's whole life, told by every tool that changes something; answers each tool with its text. All
 * it made is deleted in the end. `name` tells its VMs from those of others.
 */
export async function lifeOfVm(call: CallForText, name: string): Promise<[string, string][]> {
  const told: [string, string][] = []
  const say = async (tool: string, args: Record<string, unknown> = {}): Promise<string> => {
    const text = await call(tool, args)
    told.push([tool, text])
    return text
  }
  const made = async (tool: string, args: Record<string, unknown>): Promise<string> =>
    field(await say(tool, args), 'createdUUID')

  const vmUUID = await made('createVM', {
    name,
    mem: 2 ** 30,
    disks: [{ capacity: 10 * 2 ** 30 }],
    nics: [{ vlan: 10 }]
  })
  await say('updateVM', { vmUUID, tags: 'test,mine' })
  const snapUUID = await made('snapshotVM', { vmUUID, label: 'before' })
  const clone = await made('cloneVM', { vmUUID, name: `${name}-clone`, snapUUID })
  const pathURI = field(await say('exportVM', { vmUUID, wait: 120 }), 'pathURI')
  const imported = await made('importVM', { pathURI, name: `${name}-back`, wait: 120 })
  await say('changeVM_state', { vmUUID, actionType: 'START' })
  await say('changeVM_state', { vmUUID, actionType: 'STOP' })
  const taskTag = field(await say('snapshotVM', { vmUUID, label: 'quick', wait: 0 }), 'taskTag')
  await say('waitTask', { taskTag, wait: 60 })
  await say('taskTagStatusFilter', { taskTag })
  await say('delete_snapshotVM', { snapUUID })
  const schedule = { name, rrules: [] }
  await say('run_api', { query: '/VirDomainSnapshotSchedule', method: 'POST', payload: schedule })
  for (const uuid of [clone, imported, vmUUID]) await say('deleteVM', { vmUUID: uuid })
  await say('ask_api', { question: 'How do I start a VM?' })
  await say('generate_session')
  await say('kill_session')
  await say('generate_session')
  return told
}

/** A text without what differs from call to call: names, numbers, uuids, how far a task is. */
export const masked = (text: string, name: string): string =>
  text
    .replaceAll(name, 'NAME')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replace(/\d+(\.\d+)?/g, '#')
    .replace(/QUEUED|RUNNING/g, 'UNDER WAY')
