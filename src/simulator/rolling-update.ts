import type { World } from './handler.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { chooseNode, isActive } from './vms/placement.ts'
import { settleOn } from './vms/power.ts'

/** What /update/update_status.json says (FACTS 17: S, O); keys appear as the update proceeds. */
export interface UpdateStatus {
  prepareStatus: { state: string }
  updateStatus?: {
    masterState: string
    fromBuild: string
    toBuild: string
    toVersion: string
    percent: string
    currentComponent: string
    totalComponents: string
    status: { statusdetails: string; usernotes: string; node: string }
  }
}

interface Step {
  ms: number
  run: () => void
}

/*
 * Milliseconds of cluster time. A real update takes hours (7 to 10 minutes for the restart of one
 * node, O); these are short, so that one can be watched.
 */
const fileAppearsMs = 2000
const prepareStepMs = 3000
const installMs = 6000
const hangMs = 4000
const rebootMs = 12_000
const backendStartMs = 4000
const componentsPerNode = 45

/** The build number of a version such as `9.4.30.217736`. */
const build = (version: string): string => version.split('.').at(-1) ?? ''

/**
 * A rolling update: prepared on all nodes, then applied to one after the other. The node's VMs move
 * to its peers, its API hangs, it refuses connections while it restarts, then the front server answers
 * 502 until the API is up again. The peers keep serving (FACTS 17, O).
 */
export class RollingUpdate {
  readonly #world: World
  readonly #nodes: readonly SimulatedNode[]
  readonly #versions: Map<string, string>
  #running = false
  #status: UpdateStatus | undefined

  /** `versions` receives each node's version by its uuid. */
  constructor(world: World, nodes: readonly SimulatedNode[], versions: Map<string, string>) {
    this.#world = world
    this.#nodes = nodes
    this.#versions = versions
  }

  get running(): boolean {
    return this.#running
  }

  /** Undefined until the first update: the file does not exist then. */
  get status(): UpdateStatus | undefined {
    return this.#status
  }

  start(version: string): void {
    const steps = [
      ...this.#prepareSteps(),
      ...this.#nodes.flatMap((node, i) => this.#nodeSteps(node, i, version))
    ]
    this.#running = true
    this.#condition(true)
    const next = (index: number): void => {
      const step = steps[index]
      if (step === undefined) return this.#finish(version)
      step.run()
      this.#world.clock.after(step.ms, () => next(index + 1))
    }
    this.#world.clock.after(fileAppearsMs, () => next(0))
  }

  #prepareSteps(): Step[] {
    const states = ['BEGIN', 'DOWNLOAD BUNDLE', 'DOWNLOAD RPMS']
    if (this.#nodes.length > 1) states.push('SYNC NODES')
    return [...states, 'UPDATE RPM'].map((state) => ({
      ms: prepareStepMs,
      run: () => {
        this.#status = { prepareStatus: { state } }
      }
    }))
  }

  #nodeSteps(node: SimulatedNode, index: number, version: string): Step[] {
    const show = (masterState: string, share: number): void =>
      this.#show(masterState, version, index + share, node)
    return [
      { ms: installMs, run: () => (this.#evacuate(node), show('EXECUTING', 0)) },
      {
        ms: hangMs,
        run: () => (node.setOutage('update', 'hanging'), show('IN PROGRESS', 0.3))
      },
      { ms: rebootMs, run: () => (node.setDown('update', true), show('EXECUTING', 0.5)) },
      {
        ms: backendStartMs,
        run: () => {
          node.setDown('update', false)
          node.setOutage('update', 'bad-gateway')
          show('IN PROGRESS', 0.9)
        }
      },
      { ms: 0, run: () => this.#release(node, version) }
    ]
  }

  #show(masterState: string, version: string, nodesDone: number, node: SimulatedNode): void {
    const { cluster, nodes } = this.#world.state
    const share = nodesDone / this.#nodes.length
    const total = componentsPerNode * this.#nodes.length
    this.#status = {
      prepareStatus: { state: 'COMPLETE' },
      updateStatus: {
        masterState,
        fromBuild: build(cluster.icosVersion),
        toBuild: build(version),
        toVersion: version,
        percent: String(Math.round(share * 100)),
        currentComponent: String(Math.round(share * total)),
        totalComponents: String(total),
        status: {
          statusdetails: masterState === 'COMPLETE' ? 'Update complete' : 'Updating',
          usernotes: '',
          node: nodes.get(node.uuid)?.backplaneIP ?? ''
        }
      }
    }
  }

  /** Moves the VMs of a node to its peers; on a single node they stay where they are. */
  #evacuate(node: SimulatedNode): void {
    const { state } = this.#world
    const record = state.nodes.get(node.uuid)
    if (record === undefined || this.#nodes.length === 1) return
    record.allowRunningVMs = false
    for (const vm of state.virDomains.values()) {
      if (vm.nodeUUID !== node.uuid || !isActive(vm)) continue
      const target = chooseNode(state, vm)
      if (target !== undefined) settleOn(state, vm, target)
    }
  }

  #release(node: SimulatedNode, version: string): void {
    node.setOutage('update', undefined)
    this.#versions.set(node.uuid, version)
    const record = this.#world.state.nodes.get(node.uuid)
    if (record !== undefined) record.allowRunningVMs = true
  }

  #finish(version: string): void {
    const { state } = this.#world
    const last = this.#nodes.at(-1)
    if (last !== undefined) this.#show('COMPLETE', version, this.#nodes.length, last)
    state.cluster.icosVersion = version
    state.updates = []
    this.#running = false
    this.#condition(false)
  }

  #condition(value: boolean): void {
    const now = this.#world.clock.milliseconds()
    for (const condition of this.#world.state.conditions) {
      const set =
        condition.name === 'condition.updateInProgress'
          ? value
          : condition.name === 'condition.updateAvailable' && !value
            ? false
            : condition.value
      if (set === condition.value) continue
      condition.value = set
      condition.modified = now
      if (set) condition.lastSetTime = now
      else condition.lastClearTime = now
    }
  }
}
