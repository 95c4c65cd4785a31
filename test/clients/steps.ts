import type { TrialBridge } from './bridge.ts'

/** A call that every client is to make, and what its model has to get. */
export interface Step {
  step: string
  /** What the person writes to an agent. */
  prompt: string
  name: string
  args: Record<string, unknown>
  /** What the text that reaches the model has to hold. */
  says: RegExp
  /** What has to be true of the cluster afterwards. */
  holds?: (bridge: TrialBridge) => Promise<boolean>
}

const label = 'before the change'

/** One read, one write, one refusal, and one call that takes some fifteen seconds. */
export const steps: readonly Step[] = [
  {
    step: 'read',
    prompt: 'Which VMs are called web?',
    name: 'fetch_vm',
    args: { name: 'web' },
    says: /web-01\W+RUNNING/
  },
  {
    step: 'write',
    prompt: 'Take a snapshot of web-01.',
    name: 'snapshotVM',
    args: { vmUUID: 'web-01', label },
    says: /Created snapshot "before the change" of VM "web-01"/,
    holds: async (bridge) => (await bridge.read('/VirDomainSnapshot')).includes(`"${label}"`)
  },
  {
    step: 'refusal',
    prompt: 'Delete web-01.',
    name: 'deleteVM',
    args: { vmUUID: 'web-01' },
    says: /is RUNNING and can be deleted only when it is off/,
    holds: async (bridge) => (await bridge.read('/VirDomain')).includes('"web-01"')
  },
  {
    step: 'long call',
    prompt: 'Export web-01.',
    name: 'exportVM',
    args: { vmUUID: 'web-01', wait: 55 },
    says: /Exported VM "web-01" to "smb:/
  }
]
