import type { Clock } from '../clock.ts'
import type { SimulatorOptions } from '../options.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { lanAddresses } from '../node-addresses.ts'
import { noTask, type Tasks } from '../tasks.ts'
import { createAccounts } from './accounts.ts'
import { createConditions } from './conditions.ts'
import { createNodes, fillDrives } from './hardware.ts'
import { createHistory, createUpdates } from './history.ts'
import { createMedia } from './media.ts'
import { createSnapshots } from './protection.ts'
import { createReplication } from './replication.ts'
import { applyScenarios } from './scenarios.ts'
import { createSettings } from './settings.ts'
import { createVirtualMachines } from './virtual-machines.ts'

/**
 * The cluster a simulator starts with: the same for the same seed, nodes and VMs, on every day.
 * Past times count from a fixed moment (`epochSeconds`), never from now.
 */
export function createInventory(
  options: SimulatorOptions,
  random: Random,
  clock: Clock,
  tasks: Tasks
): ClusterState {
  const state: ClusterState = {
    cluster: {
      uuid: random.uuid(),
      filesystemID: random.hex(8),
      clusterName: 'edge-lab',
      icosVersion: options.version,
      latestTaskTag: noTask(),
      brand: '',
      isRESTAPIEnabled: true
    },
    nodes: new Map(createNodes(lanAddresses(options), random).map((node) => [node.uuid, node])),
    drives: new Map(),
    conditions: [],
    users: new Map(),
    roles: new Map(),
    virDomains: new Map(),
    guests: new Map(),
    snapshots: new Map(),
    snapshotSchedules: new Map(),
    replications: new Map(),
    remoteClusterConnections: new Map(),
    isos: new Map(),
    bootableIsos: new Set(),
    virtualDisks: new Map(),
    settings: new Map(),
    labels: new Map(),
    notRunnable: new Set(),
    updates: [],
    earlierUpdate: undefined,
    counters: { mac: 0x124f80, vncPort: 5900 },
    exports: new Map()
  }
  createAccounts(state, random, options)
  createVirtualMachines(state, random, options)
  createMedia(state, random)
  createSnapshots(state, random)
  createHistory(state, random, tasks)
  createReplication(state, random)
  createSettings(state, random)
  createUpdates(state)
  const dataBytes = [...state.virDomains.values()]
    .flatMap((vm) => vm.blockDevs)
    .reduce((sum, device) => sum + device.allocation, 0)
  fillDrives(state, random, dataBytes)
  createConditions(state, random)
  applyScenarios(state, options.scenario, clock.seconds())
  return state
}
