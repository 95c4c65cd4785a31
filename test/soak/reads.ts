import type { Random } from '../../src/simulator/random.ts'
import type { ClusterHistory } from './cluster-history.ts'
import type { Job, Jobs } from './jobs.ts'

/** A read, and whether what it returned is right. */
export interface Read {
  tool: string
  args: Record<string, unknown>
  /**
   * What is wrong with the value; undefined for one that is right.
   * @param from when it was asked for
   * @param to when it was there
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- each read knows its own shape
  problem(value: any, from: number, to: number): string | undefined
}

/** Compares what reads return with the state of the cluster. */
export class Reads {
  readonly #history: ClusterHistory
  readonly #jobs: Jobs
  readonly #random: Random
  readonly #vms: readonly string[]
  readonly #nodes: number
  readonly #staleMs: number

  /**
   * @param vms that are there for good
   * @param staleMs how long a request to the cluster may have been under way that a read shares
   */
  constructor(
    parts: { history: ClusterHistory; jobs: Jobs; random: Random },
    vms: readonly string[],
    nodes: number,
    staleMs: number
  ) {
    this.#history = parts.history
    this.#jobs = parts.jobs
    this.#random = parts.random
    this.#vms = vms
    this.#nodes = nodes
    this.#staleMs = staleMs
  }

  next(): Read {
    const vmUUID = this.#random.pick(this.#vms)
    const name = this.#history.nameOf(vmUUID) ?? ''
    const draw = this.#random.int(0, 9)
    const created = this.#jobs.all.filter(
      ({ tool, createdUUID }) =>
        createdUUID !== undefined && (tool === 'createVM' || tool === 'cloneVM')
    )
    if (draw < 2) return this.#details(vmUUID, vmUUID)
    if (draw < 3) return this.#details(name, vmUUID)
    if (draw < 4) return this.#raw(vmUUID)
    if (draw < 6) return this.#list()
    if (draw < 8 && created.length > 0) return this.#find(this.#random.pick(created.slice(-40)))
    if (draw < 9) return this.#snapshots(vmUUID)
    return {
      tool: 'node_read',
      args: {},
      problem: ({ total }) =>
        total === this.#nodes ? undefined : `${total} nodes of ${this.#nodes}`
    }
  }

  #details(given: string, vmUUID: string): Read {
    return {
      tool: 'getVM_details',
      args: { vmUUID: given },
      problem: (vm, from, to) => this.#recordProblem(vm, vmUUID, from, to)
    }
  }

  #raw(vmUUID: string): Read {
    return {
      tool: 'run_api',
      args: { method: 'GET', query: `/VirDomain/${vmUUID}` },
      problem: ({ body }, from, to) => this.#recordProblem(body?.[0], vmUUID, from, to)
    }
  }

  #recordProblem(
    vm: { uuid?: string; name?: string; description?: string } | undefined,
    vmUUID: string,
    from: number,
    to: number
  ): string | undefined {
    if (vm?.uuid !== vmUUID) return `VM ${vm?.uuid} in place of ${vmUUID}`
    const name = this.#history.nameOf(vmUUID)
    if (vm.name !== name) return `name ${vm.name} in place of ${name}`
    this.#history.sample()
    const all = this.#history.descriptions(vmUUID, from - this.#staleMs, to)
    // A caller that got a write reported sees it from then on, or what came after it.
    const told = this.#jobs.all
      .filter(
        ({ tool, doneAt = Infinity, ...job }) =>
          tool === 'updateVM' && job.vmUUID === vmUUID && doneAt < from
      )
      .map(({ mark }) => all.findLastIndex(({ value }) => value === mark))
    const allowed = all.slice(Math.max(0, ...told)).map(({ value }) => value)
    return allowed.includes(vm.description ?? '')
      ? undefined
      : `description ${vm.description} of ${name}, which was ${allowed.join(', ')}`
  }

  #list(): Read {
    return {
      tool: 'vm_read',
      args: { limit: 5 },
      problem: ({ total, items }, from, to) => {
        this.#history.sample()
        const counts = this.#history.counts(from - this.#staleMs, to)
        const [least, most] = [Math.min(...counts), Math.max(...counts)]
        if (total < least || total > most) return `${total} VMs, of ${least} to ${most}`
        const wrong = (items as { uuid: string; name: string }[]).find(
          ({ uuid, name }) => this.#history.nameOf(uuid) !== name
        )
        return wrong && `VM ${wrong.uuid} is called ${wrong.name}`
      }
    }
  }

  /** Whether something that was created must be, or must not be, in a list. */
  #presence(job: Job, from: number, to: number): 'there' | 'gone' | undefined {
    const deletion = this.#jobs.deletionOf(job)
    if (deletion === undefined || deletion.askedAt > to)
      return (job.doneAt ?? Infinity) < from ? 'there' : undefined
    return (deletion.doneAt ?? Infinity) < from ? 'gone' : undefined
  }

  #find(job: Job): Read {
    return {
      tool: 'fetch_vm',
      args: { name: job.mark, limit: 100 },
      problem: ({ total, items }, from, to) => {
        const isThere = (items as { uuid: string }[]).some(({ uuid }) => uuid === job.createdUUID)
        const must = this.#presence(job, from, to)
        if (must === 'there' && !isThere && items.length === total) return `no VM ${job.mark}`
        return must === 'gone' && isThere ? `VM ${job.mark}, which is deleted` : undefined
      }
    }
  }

  #snapshots(vmUUID: string): Read {
    return {
      tool: 'vmSnapshots_read',
      args: { vmUUID, limit: 100 },
      problem: ({ total, items }, from, to) => {
        const labels = new Set((items as { label: string }[]).map(({ label }) => label))
        for (const job of this.#jobs.all) {
          if (job.tool !== 'snapshotVM' || job.createdUUID === undefined) continue
          if (job.vmUUID !== vmUUID) {
            if (labels.has(job.mark)) return `snapshot ${job.mark} of another VM`
            continue
          }
          const must = this.#presence(job, from, to)
          if (must === 'there' && !labels.has(job.mark) && items.length === total)
            return `no snapshot ${job.mark}`
          if (must === 'gone' && labels.has(job.mark))
            return `snapshot ${job.mark}, which is deleted`
        }
        return undefined
      }
    }
  }
}
