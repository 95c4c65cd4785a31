import type { VirDomainState } from '../../hypercore/records/records.ts'

const off = [
  'off',
  'stopped',
  'powered off',
  'turned off',
  'switched off',
  'shut off',
  'halted',
  'down'
]
const on = ['on', 'started', 'powered on', 'turned on', 'switched on', 'up', 'active']

const said: Readonly<Record<string, string>> = {
  ...Object.fromEntries(off.map((word) => [word, 'SHUTOFF'])),
  ...Object.fromEntries(on.map((word) => [word, 'RUNNING'])),
  suspended: 'PAUSED',
  failed: 'CRASHED'
}

/** All states that a VM may have (FACTS 5.1). */
export const vmStates: readonly VirDomainState[] = [
  'RUNNING',
  'SHUTOFF',
  'PAUSED',
  'CRASHED',
  'BLOCKED',
  'SHUTDOWN'
]

/** The state that a word of people means; undefined where it is none of theirs. */
export const vmStateOf = (word: string): string | undefined => {
  const plain = word.replaceAll(/[\s_-]+/g, ' ')
  return Object.hasOwn(said, plain) ? said[plain] : undefined
}

/** Words that say a state where nothing else is said: too long to be part of a name by chance. */
export const vmStatePhrases: Readonly<Record<string, readonly [string, string]>> =
  Object.fromEntries(
    Object.entries(said)
      .filter(([word]) => word.includes(' ') || word === 'stopped' || word === 'halted')
      .map(([word, state]) => [word, ['state', state] as const])
  )
