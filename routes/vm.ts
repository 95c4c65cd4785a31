import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import { BridgeError } from '../src/errors.ts'
import type { DirectoryEntry } from '../src/directory.ts'
import type {
  Node,
  VirDomain,
  VirDomainNetDevice,
  VirDomainStats
} from '../src/hypercore/records.ts'
import { defineTool, readOnly, type ToolContext } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/find-record.ts'
import { type ListAnswer as VmList, listAnswer, listArguments } from '../src/tools/list-answer.ts'
import { ClusterRecord, Input, ListAnswer, Uuid, VmUuid } from '../src/tools/schemas.ts'
import { formatBytes } from '../src/tools/units.ts'
import { nodeNames, summariseVm } from '../src/tools/vm-summary.ts'

const VmItem = ClusterRecord('a VM; mem in bytes', {
  uuid: Type.String(),
  name: Type.String(),
  state: Type.String(),
  node: Type.String({ description: 'address of the node it runs on; empty when off' })
})

async function readVms(context: ToolContext) {
  const { hypercore, signal } = context
  const [vms, nodes] = await Promise.all([
    hypercore.list<VirDomain>('/VirDomain', { signal }),
    hypercore.list<Node>('/Node', { signal })
  ])
  return { vms, names: nodeNames(nodes) }
}

export const vmRead = defineTool({
  name: 'vm_read',
  title: 'List the VMs',
  description:
    'Lists the virtual machines: uuid, name, state, node, vCPUs, memory, disk, tags. Use filter to ' +
    'narrow it (a word, or field:value such as state:SHUTOFF or tags:prod) and limit and offset to ' +
    'page. The uuid is what the other VM tools want as vmUUID.',
  tag: 'vm',
  annotations: readOnly,
  input: Input(listArguments),
  output: ListAnswer(VmItem),

  async run(context, args) {
    const { vms, names } = await readVms(context)
    return listAnswer(vms, args, (vm) => summariseVm(vm, names))
  }
})

/** The VMs a directory's entries mean: by uuid, else by name in any case. */
function meantBy(entries: DirectoryEntry[], vms: VirDomain[]): VirDomain[] {
  const uuids = new Set(entries.map((entry) => entry.uuid?.toLowerCase()))
  const names = new Set(
    entries.filter((entry) => entry.uuid === undefined).map((entry) => entry.name?.toLowerCase())
  )
  return vms.filter((vm) => uuids.has(vm.uuid) || names.has(vm.name.toLowerCase()))
}

async function fetchByUser(context: ToolContext, user: string): Promise<VmList> {
  const { directory, signal } = context
  if (directory === undefined)
    throw new BridgeError(
      'NOT_CONFIGURED',
      'Finding VMs by user needs the directory service: set SCALE_DIRECTORY_URL, or use name instead'
    )
  const entries = await directory.vmsOf(user, signal)
  const { vms, names } = await readVms(context)
  const answer = listAnswer(meantBy(entries, vms), {}, (vm) => summariseVm(vm, names))
  if (answer.total > 0) return answer
  const hint =
    entries.length === 0
      ? `the directory knows no VM of "${user}": check the user's name, or use name`
      : `the directory names ${entries.map((entry) => entry.name ?? entry.uuid).join(', ')} for "${user}", but this cluster has none of them`
  return { ...answer, hint }
}

export const fetchVm = defineTool({
  name: 'fetch_vm',
  title: 'Find VMs by name or by user',
  description:
    'Finds VMs by name (any part of it, any case) or by the person who uses them (user). Give exactly ' +
    'one of the two. Answers uuid, name, state and node; the uuid is what other tools want as vmUUID.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({
    name: Type.Optional(Type.String({ minLength: 1, description: 'part of the VM name' })),
    user: Type.Optional(
      Type.String({ minLength: 1, description: 'the person, as the directory knows them' })
    )
  }),
  output: ListAnswer(VmItem),

  async run(context, { name, user }) {
    if ((name === undefined) === (user === undefined))
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'Give exactly one of name or user, for example {"name": "web"}'
      )
    if (user !== undefined) return fetchByUser(context, user)
    const wanted = (name ?? '').trim().toLowerCase()
    const { vms, names } = await readVms(context)
    const found = vms.filter((vm) => vm.name.toLowerCase().includes(wanted))
    const answer = listAnswer(found, {}, (vm) => summariseVm(vm, names))
    if (answer.total > 0) return answer
    return { ...answer, hint: `no VM has "${wanted}" in its name: vm_read lists all` }
  }
})

export const getVmDetails = defineTool({
  name: 'getVM_details',
  title: 'Show one VM',
  description:
    'Shows everything about one VM: state, node, CPU, memory, disks (blockDevs), network devices ' +
    '(netDevs) with addresses, snapshots (snapUUIDs, oldest first), boot order, last task.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({ vmUUID: VmUuid }),
  output: ClusterRecord(
    'the VirDomain record; mem and capacities in bytes, times in Unix seconds',
    {
      uuid: Type.String(),
      name: Type.String(),
      state: Type.String()
    }
  ),

  async run(context, { vmUUID }) {
    const { hypercore, signal } = context
    const [vm, nodes] = await Promise.all([
      findVm(context, vmUUID),
      hypercore.list<Node>('/Node', { signal })
    ])
    const node = nodeNames(nodes).get(vm.nodeUUID) ?? ''
    return { ...vm, node, memory: formatBytes(vm.mem) }
  }
})

export const getVmSysStats = defineTool({
  name: 'getVM_sysStats',
  title: 'Show live statistics of a VM',
  description:
    'Shows what a VM is doing now: cpuUsage in percent, network in bits per second (rxBitRate, ' +
    'txBitRate), and rates for each disk (thousandths of operations per second, KiB/s, latencies in ' +
    'microseconds). The cluster measures no memory use.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({ vmUUID: VmUuid }),
  output: ClusterRecord('the VirDomainStats record', {
    uuid: Type.String(),
    cpuUsage: Type.Number({ description: 'percent' }),
    rxBitRate: Type.Integer({ description: 'bits per second' }),
    txBitRate: Type.Integer({ description: 'bits per second' }),
    vmName: Type.String(),
    vmState: Type.String()
  }),

  async run(context, { vmUUID }) {
    const { hypercore, signal } = context
    const [vm, stats] = await Promise.all([
      findVm(context, vmUUID),
      hypercore.record<VirDomainStats>(`/VirDomainStats/${vmUUID}`, { signal })
    ])
    // A stopped VM may have zeros or no record at all (FACTS 10, I).
    const idle: VirDomainStats = {
      uuid: vmUUID,
      cpuUsage: 0,
      rxBitRate: 0,
      txBitRate: 0,
      vsdStats: []
    }
    return { ...(stats ?? idle), vmName: vm.name, vmState: vm.state }
  }
})

export const vmNetDevicesRead = defineTool({
  name: 'vmNetDevices_read',
  title: 'List the network devices of VMs',
  description:
    'Lists the network interfaces of all VMs, or of one (vmUUID): MAC address, VLAN, type, connected ' +
    'or not, addresses seen by the guest agent.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({
    vmUUID: Type.Optional(Uuid('only those of this VM; uuid from vm_read or fetch_vm')),
    ...listArguments
  }),
  output: ListAnswer(ClusterRecord('a network device')),

  async run(context, { vmUUID, ...args }) {
    const { hypercore, signal } = context
    if (vmUUID !== undefined) await findVm(context, vmUUID)
    // The API filters nothing itself (FACTS 3.1, O).
    const devices = await hypercore.list<VirDomainNetDevice>('/VirDomainNetDevice', { signal })
    return listAnswer(
      devices.filter((device) => vmUUID === undefined || device.virDomainUUID === vmUUID),
      args
    )
  }
})

export const vmRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(vmRead)
  app.addTool(fetchVm)
  app.addTool(getVmDetails)
  app.addTool(getVmSysStats)
  app.addTool(vmNetDevicesRead)
}
