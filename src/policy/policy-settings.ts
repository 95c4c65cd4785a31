import type { BridgeConfig } from '../config/config.ts'

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
