import type { Effect } from '../../src/lib/effect.ts'
import type { Scope } from '../../src/identity/scope.ts'

/** A token of the search, as the search knows it. */
export interface SearchToken {
  name: string
  scopes: readonly Scope[]
  vmTags?: readonly string[]
  /** Left out for one that counts. */
  state?: 'revoked' | 'expired'
}

const worker: Scope[] = ['read', 'operate', 'interrupt', 'lose']

/** By their place, which commands draw. The first is MCP_BEARER_TOKEN. */
export const searchTokens: readonly SearchToken[] = [
  { name: 'operator', scopes: [...worker, 'egress', 'control', 'approve'] },
  { name: 'worker', scopes: worker },
  { name: 'second', scopes: worker },
  { name: 'reader', scopes: ['read'] },
  { name: 'gentle', scopes: ['read', 'operate'] },
  { name: 'lab', scopes: worker, vmTags: ['lab'] },
  { name: 'labcontrol', scopes: [...worker, 'control'], vmTags: ['lab'] },
  { name: 'person', scopes: ['read', 'approve'] },
  { name: 'both', scopes: [...worker, 'approve'] },
  { name: 'revoked', scopes: [...worker, 'control', 'approve'], state: 'revoked' },
  { name: 'expired', scopes: [...worker, 'control', 'approve'], state: 'expired' }
]

export const tokenNamed = (name: string): SearchToken | undefined =>
  searchTokens.find((token) => token.name === name)

/** Tags that VMs have at the beginning, by place. */
export const firstTags = ['lab', 'lab,crown', 'crown', '', 'prod', 'Lab,web'] as const

/** Tags that another client, not the bridge, sets on a VM meanwhile. */
export const laterTags = ['lab', 'crown', '', 'lab,CROWN', 'laboratory'] as const

/** Export targets: the first is allowed, the second is not. */
export const exportTargets = [
  'smb://archive.example/exports',
  'smb://stranger.example/loot'
] as const

/** What the operator has set for a run. */
export interface SearchSettings {
  approval: 'off' | 'interrupt' | 'lose' | 'write'
  protectedTags: string[]
  maxTargets: number
  writesPerMinute: number | 'off'
  readOnly: boolean
  overlappingWrites: 'queue' | 'fail'
  sessions: 'shared' | 'per-node'
  nodes: number
}

/** What the floor takes, in words of its own. */
export const belowFloor: Record<SearchSettings['approval'], readonly Effect[]> = {
  off: ['read', 'change', 'interrupt', 'lose', 'egress', 'control'],
  interrupt: ['read', 'change'],
  lose: ['read', 'change', 'interrupt'],
  write: ['read']
}

const scopeByEffect: Record<Effect, Scope> = {
  read: 'read',
  change: 'operate',
  interrupt: 'interrupt',
  lose: 'lose',
  egress: 'egress',
  control: 'control'
}

export const holds = ({ scopes }: SearchToken, effect: Effect): boolean =>
  scopes.includes(scopeByEffect[effect])

/** Whether tags, as the cluster has them, hold one of some. */
export const bears = (tags: string, wanted: readonly string[]): boolean =>
  tags
    .split(',')
    .map((tag) => tag.trim().toLowerCase())
    .some((tag) => wanted.includes(tag))
