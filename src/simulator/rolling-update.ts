import type { World } from './handler.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { chooseNode, isActive } from './vms/placement.ts'
import type { UpdateStatus } from './update-status.ts'
import { settleOn } from './vms/power.ts'

interface Step {
  ms: number
  run: () => void
}

/*
 * Milliseconds of cluster time. A real update takes hours, and a node is out for 7.5 to 10 minutes
 * (FACTS 24, high); these are short, so that one can be watched.
 */
const fileAppearsMs = 2000
const prepareStepMs = 3000
const installMs = 6000
const hangMs = 4000
const tlsErrorMs = 4000
const silentMs = 8000
const backendStartMs = 4000
const componentsPerNode = 45
/** Until the other nodes have the file of the one that leads the update. */
const syncMs = 500
/** How much later than the update its condition comes and goes (FACTS 24: 17 to 50 s, high). */
const conditionLagMs = 20_000

/** The build number of a version such as `9.4.30.217736`. */
const build = (version: string): string => version.split('.').at(-1) ?? ''

/**
 * A rolling update: prepared on all nodes, then applied to one after the other. The node's VMs move
 * to its peers, its API hangs while its files are still served, handshakes fail and connections find
 * silence while it restarts, then the front server answers 502 until the API is up again. The peers
 * keep serving (FACTS 17, O, and 24, high).
 */
export class RollingUpdate {
  readonly #world: World
  readonly #nodes: readonly SimulatedNode[]
  readonly #versions: Map<string, string>
  #running = false
  /** The node that was asked to apply the update; it writes the file that the others copy. */
  #leader = ''
  #away: string | undefined
  #latest: UpdateStatus | undefined
  /** What each node serves, by its uuid. */
  readonly #files = new Map<string, UpdateStatus>()

  /** `versions` receives each node's version by its uuid. */
  constructor(world: World, nodes: readonly SimulatedNode[], versions: Map<string, string>) {
    this.#world = world
    this.#nodes = nodes
    this.#versions = versions
  }

  get running(): boolean {
    return this.#running
  }

  /**
   * The file of one node, which lags behind while another one leads the update. Undefined until the
   * first update, that of an earlier one included: it does not exist then.
   */
  statusOf(nodeUUID: string): UpdateStatus | undefined {
    return this.#files.get(nodeUUID) ?? this.#world.state.earlierUpdate
  }

  /** Begins; `leader` is the node that was called, `ended` is called when the last node is through. */
  start(version: string, leader: string, ended: () => void = () => undefined): void {
    const steps = [
      ...this.#prepareSteps(),
      ...this.#nodes.flatMap((node, i) => this.#nodeSteps(node, i, version))
    ]
    this.#running = true
    this.#leader = leader
    this.#world.clock.after(conditionLagMs, () => this.#showCondition())
    const next = (index: number): void => {
      const step = steps[index]
      if (step === undefined) {
        this.#finish(version)
        ended()
        return
      }
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
      run: () => this.#publish({ prepareStatus: { state } })
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
      { ms: tlsErrorMs, run: () => (this.#reboot(node), show('EXECUTING', 0.5)) },
      { ms: silentMs, run: () => (node.setMute('update', 'black-hole'), show('EXECUTING', 0.6)) },
      {
        ms: backendStartMs,
        run: () => {
          node.setMute('update', undefined)
          node.setOutage('update', 'bad-gateway')
          this.#away = undefined
          show('IN PROGRESS', 0.9)
        }
      },
      { ms: 0, run: () => this.#release(node, version) }
    ]
  }

  #reboot(node: SimulatedNode): void {
    node.setMute('update', 'tls-error')
    this.#away = node.uuid
    if (node.uuid !== this.#leader) return
    // It knew of the update, and its condition goes with it until it is back.
    this.#setCondition('updateInProgress', false)
    this.#world.clock.after(conditionLagMs, () => this.#showCondition())
  }

  #showCondition(): void {
    if (this.#running && this.#away !== this.#leader) this.#setCondition('updateInProgress', true)
  }

  /** Writes the file of the leading node, which the others have a moment later. */
  #publish(status: UpdateStatus): void {
    this.#latest = status
    this.#copyTo((uuid) => uuid === this.#leader)
    this.#world.clock.after(syncMs, () => this.#copyTo(() => true))
  }

  #copyTo(chosen: (uuid: string) => boolean): void {
    for (const { uuid } of this.#nodes)
      if (this.#latest !== undefined && uuid !== this.#away && chosen(uuid))
        this.#files.set(uuid, this.#latest)
  }

  #show(masterState: string, version: string, nodesDone: number, node: SimulatedNode): void {
    const { cluster, nodes } = this.#world.state
    const share = nodesDone / this.#nodes.length
    const total = componentsPerNode * this.#nodes.length
    this.#publish({
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
    })
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
    this.#setCondition('updateAvailable', false)
    this.#running = false
    this.#world.clock.after(conditionLagMs, () => {
      if (!this.#running) this.#setCondition('updateInProgress', false)
    })
  }

  #setCondition(name: 'updateInProgress' | 'updateAvailable', value: boolean): void {
    const now = this.#world.clock.milliseconds()
    const condition = this.#world.state.conditions.find(
      (candidate) => candidate.name === `condition.${name}`
    )
    if (condition === undefined || condition.value === value) return
    condition.value = value
    condition.modified = now
    if (value) condition.lastSetTime = now
    else condition.lastClearTime = now
  }
}
