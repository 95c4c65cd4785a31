import { setTimeout as delay } from 'node:timers/promises'
import type {
  TaskTagStatus,
  VirDomain,
  WriteResult
} from '../../../../src/hypercore/records/records.ts'
import { moment, type PlainClient } from '../../../helper/simulator.ts'

/**
 * Follows a write as the Ansible modules and the Terraform provider do: without a tag there is
 * nothing to wait for, a tag that no longer exists counts as done, QUEUED and RUNNING are waited
 * for, ERROR and UNINITIALIZED are failures, any other state is the end.
 */
export async function finished(client: PlainClient, write: Promise<WriteResult>): Promise<string> {
  const { taskTag, createdUUID } = await write
  if (taskTag === '') return createdUUID
  for (;;) {
    const [task] = await client.get<TaskTagStatus>(`/TaskTag/${taskTag}`)
    if (task === undefined) return createdUUID
    if (task.state === 'ERROR' || task.state === 'UNINITIALIZED')
      throw new Error(`${task.formattedDescription}: ${task.formattedMessage}`)
    if (task.state !== 'QUEUED' && task.state !== 'RUNNING') return createdUUID
    await moment(client.clock, 5)
  }
}

/** What a write that is followed so fails with; throws if it succeeds. */
export async function failure(client: PlainClient, write: Promise<WriteResult>): Promise<string> {
  try {
    await finished(client, write)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('The write did not fail')
}

/** A power action as both send it. */
export const action = (
  client: PlainClient,
  virDomainUUID: string,
  actionType: string
): Promise<string> =>
  finished(
    client,
    client.post('/VirDomain/action', [{ virDomainUUID, actionType, cause: 'INTERNAL' }])
  )

export const vmAt = (client: PlainClient, uuid: string): Promise<VirDomain> =>
  client.one<VirDomain>(`/VirDomain/${uuid}`)

/**
 * Shuts a VM down as both do: the state is read at once after the call, and SHUTDOWN counts as off.
 * Answers false when the time is over.
 */
export async function wentOff(client: PlainClient, uuid: string, ms: number): Promise<boolean> {
  await action(client, uuid, 'SHUTDOWN')
  const until = performance.now() + ms
  do {
    if (['SHUTOFF', 'SHUTDOWN'].includes((await vmAt(client, uuid)).state)) return true
    await delay(10)
  } while (performance.now() < until)
  return false
}
