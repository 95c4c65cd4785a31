import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import type { DirectoryEntry } from '../src/directory/directory.ts'
import type { VirDomain } from '../src/hypercore/records/records.ts'
import { boundRecord, type Bounded } from '../src/views/text/bound-record.ts'
import { defineTool, readOnly, type ToolContext, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { listFor } from '../src/tools/list/list-for.ts'
import {
  type ListArguments,
  listArguments,
  shortListArguments
} from '../src/tools/list/list-response.ts'
import { ClusterRecord, Input, ListResponse, Reference, VmUuid } from '../src/tools/schemas.ts'
import { chooseFields } from '../src/tools/list/named-fields.ts'
import { factsNamed, readVmFacts } from '../src/tools/read/vm-facts.ts'
import { readVmDetails } from '../src/tools/read/vm-details.ts'
import { responseText } from '../src/views/text/text-form.ts'
import { vmCard } from '../src/views/vm/card.ts'
import type { VmDetails } from '../src/views/vm/details.ts'
import { vmStats, type VmStats, vmStatsCard } from '../src/views/vm/stats.ts'
import { addressIn, hasAddress } from '../src/views/vm/addresses.ts'
import { vmView } from '../src/views/vm/fields.ts'
import { networkDeviceView } from '../src/views/vm/nic.ts'
import { foldCase } from '../src/lib/text/normalize.ts'
import { quoteName } from '../src/lib/text/quote.ts'

const VmItem = ClusterRecord('a VM; mem in bytes', {
  uuid: Type.String(),
  name: Type.String(),
  state: Type.String(),
  node: Type.String({ description: 'address of the node it runs on; empty when off' })
})

/** The VMs, and what other lists say of them as far as the arguments ask for it; one list for each. */
async function readVms(context: ToolContext, { filter, fields }: ListArguments) {
  const { hypercore, signal } = context
  const [vms, nodes, { facts, notes }] = await Promise.all([
    hypercore.list('/VirDomain', { signal }),
    hypercore.list('/Node', { signal }),
    readVmFacts(context, factsNamed(filter, fields))
  ])
  return { vms, view: vmView(nodes, facts), notes }
}

async function listVms(
  context: ToolContext,
  vms: readonly VirDomain[],
  args: ListArguments,
  { view, notes }: Pick<Awaited<ReturnType<typeof readVms>>, 'view' | 'notes'>
): Promise<ListResponse> {
  const response = await listFor(context, vms, args, view)
  return notes.length === 0 ? response : { ...response, notes }
}

export const vmRead = defineTool({
  name: 'vm_read',
  title: 'List the VMs',
  description:
    'Lists VMs. filter: name or conditions like state:RUNNING joined by and, or, not; also by tags, memory>8GB, snapshotAge>7d, schedule, replication, lastExport, ip, mac, osType.',
  tag: 'vm',
  annotations: readOnly,
  input: Input(listArguments),
  output: ListResponse(VmItem),

  async run(context, args) {
    const read = await readVms(context, args)
    return listVms(context, read.vms, args, read)
  }
})

/** The VMs a directory's entries mean: by uuid, else by name in any case. */
function meantBy(entries: DirectoryEntry[], vms: VirDomain[]): VirDomain[] {
  const uuids = new Set(entries.map((entry) => entry.uuid?.toLowerCase()))
  const names = new Set(
    entries.filter((entry) => entry.uuid === undefined).map((entry) => foldCase(entry.name ?? ''))
  )
  return vms.filter((vm) => uuids.has(vm.uuid) || names.has(foldCase(vm.name)))
}

async function fetchByUser(
  context: ToolContext,
  user: string,
  args: ListArguments
): Promise<ListResponse> {
  const { directory, signal } = context
  if (directory === undefined)
    throw new BridgeError(
      'NOT_CONFIGURED',
      'Finding VMs by user needs the directory service: set SCALE_DIRECTORY_URL, or use name instead'
    )
  const entries = await directory.vmsOf(user, signal)
  const read = await readVms(context, args)
  const meant = meantBy(entries, read.vms)
  const response = await listVms(context, meant, args, read)
  if (meant.length > 0) return response
  const hint =
    entries.length === 0
      ? `the directory knows no VM of ${quoteName(user)}: check the user's name, or use name`
      : `the directory names ${entries.map((entry) => quoteName(entry.name ?? entry.uuid ?? '')).join(', ')} for ${quoteName(user)}, but this cluster has none of them`
  return { ...response, hint }
}

/** How well a name fits: the name itself comes first, then those that begin with it. */
const fit = (name: string, wanted: string): number =>
  name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2

export const fetchVm = defineTool({
  name: 'fetch_vm',
  title: 'Find VMs by name, address or user',
  description: 'Finds VMs by part of the name, IP, MAC, or user.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'or address' })),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'a person' })),
    ...listArguments
  }),
  output: ListResponse(VmItem),

  async run(context, { name, user, ...args }) {
    if ((name === undefined) === (user === undefined))
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'Pass exactly one of name or user, for example {"name": "web"}'
      )
    if (user !== undefined) return fetchByUser(context, user, args)
    const wanted = foldCase((name ?? '').trim())
    const address = addressIn(wanted)
    const read = await readVms(context, args)
    const found = read.vms
      .filter(
        (vm) =>
          foldCase(vm.name).includes(wanted) || (address !== undefined && hasAddress(vm, address))
      )
      .toSorted((a, b) => fit(foldCase(a.name), wanted) - fit(foldCase(b.name), wanted))
    const response = await listVms(context, found, args, read)
    if (found.length > 0) return response
    return {
      ...response,
      hint:
        address === undefined
          ? `no VM has ${quoteName(wanted)} in its name: vm_read lists all`
          : `no VM has the address ${address}: an IP address is known only of guests whose agent responds, a MAC address of all`
    }
  }
})

/** Every field of the details is always there; a choice of them is shorter. */
const isWhole = (vm: object): vm is VmDetails & Bounded =>
  ['uuid', 'name', 'blockDevs', 'netDevs', 'newestSnapshots', 'attention', 'age'].every(
    (name) => name in vm
  )

export const getVmDetails = defineTool({
  name: 'getVM_details',
  title: 'Show one VM',
  description:
    'Shows one VM: state, node, what stands out, resources, disks, NICs, snapshots, replication.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({ vmUUID: VmUuid, fields: shortListArguments.fields }),
  output: ClusterRecord<(VmDetails & Bounded) | Record<string, unknown>>(
    'the VirDomain record; mem and capacities in bytes, times in Unix seconds',
    {
      uuid: Type.String(),
      name: Type.String(),
      state: Type.String()
    }
  ),

  async run(context, { vmUUID, fields = [] }) {
    const details = await readVmDetails(context, await findVm(context, vmUUID))
    if (fields.length > 0) return chooseFields(details, fields)
    return boundRecord(details, `run_api GET /VirDomain/${vmUUID}`)
  },
  text: (vm) => (isWhole(vm) ? vmCard(vm) : responseText(vm))
})

export const getVmSysStats = defineTool({
  name: 'getVM_sysStats',
  title: 'Show live statistics of a VM',
  description:
    'Shows what a VM does now: CPU percent, network MiB/s, and IOPS, MiB/s, ms of each disk. Memory use is not measured.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({ vmUUID: VmUuid }),
  output: ClusterRecord<VmStats & Bounded>(
    'the VirDomainStats record, and the same in units people use',
    {
      uuid: Type.String(),
      cpuUsage: Type.Number({ description: 'percent' }),
      rxBitRate: Type.Integer({ description: 'bits per second' }),
      txBitRate: Type.Integer({ description: 'bits per second' }),
      vmName: Type.String(),
      vmState: Type.String()
    }
  ),

  async run(context, { vmUUID }) {
    const { hypercore, signal } = context
    const [vm, stats] = await Promise.all([
      findVm(context, vmUUID),
      hypercore.record('/VirDomainStats', vmUUID, { signal })
    ])
    return boundRecord(vmStats(vm, stats), `run_api GET /VirDomainStats/${vmUUID}`)
  },
  text: vmStatsCard
})

export const vmNetDevicesRead = defineTool({
  name: 'vmNetDevices_read',
  title: 'List the network devices of VMs',
  description: 'Lists network interfaces: MAC, VLAN, type, connected, addresses.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({
    vmUUID: Type.Optional(Reference('vm', 'of this VM')),
    ...listArguments
  }),
  output: ListResponse(ClusterRecord('a network device')),

  async run(context, { vmUUID, ...args }) {
    const { hypercore, signal } = context
    // The API filters nothing itself (FACTS 3.1, O).
    const [vms, devices] = await Promise.all([
      vmUUID === undefined
        ? hypercore.list('/VirDomain', { signal })
        : findVm(context, vmUUID).then((vm) => [vm]),
      hypercore.list('/VirDomainNetDevice', { signal })
    ])
    const names = new Map(vms.map((vm) => [vm.uuid, vm.name]))
    const wanted = devices
      .filter((device) => vmUUID === undefined || device.virDomainUUID === vmUUID)
      .map((device) => ({ ...device, vmName: names.get(device.virDomainUUID) ?? '' }))
    return listFor(context, wanted, args, networkDeviceView)
  }
})

export const vmTools: Tool[] = [vmRead, fetchVm, getVmDetails, getVmSysStats, vmNetDevicesRead]
