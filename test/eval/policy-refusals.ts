import type { Principal } from '../../src/identity/principal.ts'
import { refused, type Situation, told, type Told } from './provocation.ts'

const approver: Principal = {
  name: 'person',
  kind: 'token',
  scopes: new Set(['read', 'approve'])
}

/** A bridge that writes nothing. */
export const readOnlyBridge: Situation = async (_owner, start) => {
  const bridge = await start({ config: { readOnly: true } })
  const vmUUID = bridge.vm('web-01')
  return [
    refused(bridge, 'READ_ONLY', 'snapshotVM', { vmUUID, label: 'x' }),
    refused(bridge, 'READ_ONLY', 'changeVM_state', { vmUUID, actionType: 'STOP' })
  ]
}

/** A bridge whose token may only read. */
export const narrowBridge: Situation = async (_owner, start) => {
  const bridge = await start({ config: { tokenScope: ['read'] } })
  const vmUUID = bridge.vm('web-01')
  return [
    refused(bridge, 'SCOPE_REQUIRED', 'snapshotVM', { vmUUID, label: 'x' }),
    refused(bridge, 'SCOPE_REQUIRED', 'run_api', {
      query: `/VirDomain/${vmUUID}`,
      method: 'PATCH',
      payload: { description: 'x' }
    })
  ]
}

/** A bridge on which a person approves every write, and data may leave to nowhere. */
export const approvedBridge: Situation = async (_owner, start) => {
  const bridge = await start({
    config: { approval: 'write', exportTargets: [], importSources: [] }
  })
  const vmUUID = bridge.vm('web-01')
  const call = { vmUUID, label: 'x' }
  const unapproved = refused(bridge, 'APPROVAL_REQUIRED', 'snapshotVM', call)
  bridge.app.hasApprover = () => true
  const { plans } = bridge.app
  /** A plan of its own for each way to come too late. */
  const planFor = async (label: string): Promise<string> => {
    const { body } = await bridge.call('snapshotVM', { vmUUID, label })
    return body.error.plan as string
  }
  const [waiting, denied, used, stale] = await Promise.all(
    ['waiting', 'denied', 'used', 'stale'].map(planFor)
  )
  await plans.deny(denied ?? '', approver, 'not today')
  await plans.approve(used ?? '', approver)
  await bridge.call('snapshotVM', { vmUUID, label: 'used', plan: used })
  await plans.approve(stale ?? '', approver)
  const under = (label: string, plan: string | undefined): object => ({ vmUUID, label, plan })
  /** A decision on a plan, with the token that asked for it. */
  const decided = async (): Promise<Told> =>
    told(
      await bridge.fetch(`/approvals/${waiting}/approve`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bridge.token}` }
      })
    )
  return [
    unapproved,
    { how: 'approving a plan of one’s own', code: 'OWN_PLAN', meet: decided },
    refused(bridge, 'APPROVAL_REQUIRED', 'snapshotVM', under('waiting', waiting)),
    refused(bridge, 'PLAN_DENIED', 'snapshotVM', under('denied', denied)),
    refused(bridge, 'PLAN_USED', 'snapshotVM', { ...under('used', used), again: true }),
    refused(bridge, 'PLAN_STALE', 'snapshotVM', under('another', stale)),
    refused(bridge, 'PLAN_NOT_FOUND', 'snapshotVM', under('x', 'p-nobody22')),
    refused(bridge, 'TARGET_REFUSED', 'importVM', { pathURI: 'smb://elsewhere.example/x/y' })
  ]
}
