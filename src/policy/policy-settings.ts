import type { BridgeConfig } from '../config/config.ts'
import { type Effect, effects } from '../lib/effect.ts'

/** What the operator allows, whatever a token may do. */
export type PolicySettings = Pick<
  BridgeConfig,
  | 'readOnly'
  | 'approval'
  | 'protectedTags'
  | 'maxTargets'
  | 'writesPerMinute'
  | 'exportTargets'
  | 'importSources'
>

/** From which effect on a call needs a person. */
export type ApprovalFloor = PolicySettings['approval']

/** The effects that need a person, by the setting APPROVAL. */
export const needsPerson: Record<ApprovalFloor, readonly Effect[]> = {
  off: [],
  interrupt: ['interrupt', 'lose', 'egress', 'control'],
  lose: ['lose', 'egress', 'control'],
  write: effects.filter((effect) => effect !== 'read')
}
