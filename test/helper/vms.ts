import type { Test } from 'tap'
import type { TaskTagStatus, VirDomain, WriteResult } from '../../src/hypercore/records/records.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { clientOf, simulatorFor, type PlainClient } from './simulator.ts'

/** A simulated cluster and a plain client for it, with the steps that tests of VMs consist of. */
export interface VmCluster {
  simulator: Simulator
  client: PlainClient
  /** The present record of the VM of that name, asked over HTTPS. */
  vm: (name: string) => Promise<VirDomain>
  /** One action on the VM of that name. */
  act: (name: string, actionType: string, nodeUUID?: string) => Promise<WriteResult>
  /** A write whose task must end in ERROR; answers the task. */
  failed: (write: Promise<WriteResult>) => Promise<TaskTagStatus>
  /** Status of a call that the API refuses, and its text or `error`. */
  refused: (
    method: string,
    path: string,
    body?: unknown
  ) => Promise<{ status: number; error: string }>
}

const errorOf = (text: string): string => {
  try {
    return (JSON.parse(text) as { error?: string }).error ?? ''
  } catch {
    return text
  }
}

/**
 * Starts a cluster for a test; it ends with the test. Its time stands still, unless a speed is given, but
 * while the test waits for a task, or until something holds.
 */
export async function vmCluster(
  t: Test,
  options: Partial<SimulatorOptions> = {}
): Promise<VmCluster> {
  const simulator = await simulatorFor(t, { speed: 0, ...options })
  const client = clientOf(simulator)
  const vm = async (name: string): Promise<VirDomain> => {
    const found = (await client.get<VirDomain>('/VirDomain')).find((one) => one.name === name)
    if (found === undefined) throw new Error(`No VM is called ${name}`)
    return found
  }
  return {
    simulator,
    client,
    vm,
    async act(name, actionType, nodeUUID) {
      const { uuid } = await vm(name)
      return client.post('/VirDomain/action', [{ virDomainUUID: uuid, actionType, nodeUUID }])
    },
    async failed(write) {
      const { taskTag } = await write
      const task = await client.task(taskTag)
      if (task.state !== 'ERROR') throw new Error(`${task.formattedDescription} did not fail`)
      return task
    },
    async refused(method, path, body) {
      const answer = await client.raw(method, path, { body })
      return { status: answer.status, error: errorOf(answer.text) }
    }
  }
}

/** The same for programs that wait by themselves: its time runs fast. */
export const runningVmCluster: typeof vmCluster = (t, options) =>
  vmCluster(t, { speed: 200, ...options })
