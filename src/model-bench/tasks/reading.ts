import type { Task } from '../task.ts'
import { addressOf, bears, namesOf, snapshotsOf, vmNamed } from '../cluster-words.ts'

/** Questions: nothing may change, and the reply holds the number or the name. */
export const readingTasks: readonly Task[] = [
  {
    id: 'count-running',
    kind: 'read',
    half: 'tuning',
    ask: 'How many VMs are running right now?',
    says: (state) => [[String(namesOf(state, (vm) => vm.state === 'RUNNING').length)]]
  },
  {
    id: 'node-of-vm',
    kind: 'read',
    half: 'kept-aside',
    ask: 'On which node does file-01 run? Tell me its address.',
    says: (state) => [[addressOf(state, vmNamed(state, 'file-01'))]]
  },
  {
    id: 'memory-of-vm',
    kind: 'read',
    half: 'tuning',
    ask: 'How much memory does postgres-01 have?',
    says: (state) => [
      [new RegExp(`\\b${(vmNamed(state, 'postgres-01')?.mem ?? 0) / 1024 ** 3} ?GI?B`, 'i')]
    ]
  },
  {
    id: 'off-by-tag',
    kind: 'read',
    half: 'kept-aside',
    ask: 'Which of the VMs with the tag "database" is switched off?',
    says: (state) => [namesOf(state, (vm) => bears(vm, 'database') && vm.state === 'SHUTOFF')],
    saysNot: (state) => namesOf(state, (vm) => !bears(vm, 'database'))
  },
  {
    id: 'count-snapshots',
    kind: 'read',
    half: 'kept-aside',
    ask: 'How many snapshots does file-01 have?',
    says: (state) => {
      const { length } = snapshotsOf(state, 'file-01')
      return [[String(length), ['none', 'one', 'two', 'three', 'four'][length] ?? '']]
    }
  },
  {
    id: 'find-crashed',
    kind: 'read',
    half: 'tuning',
    ask: 'The monitoring says that a VM has crashed. Which one is it?',
    says: (state) => [namesOf(state, (vm) => vm.state === 'CRASHED')],
    saysNot: (state) => namesOf(state, (vm) => vm.state === 'RUNNING')
  },
  {
    id: 'busiest',
    kind: 'read',
    half: 'kept-aside',
    ask: 'The cluster feels slow. Which VM uses the most CPU at the moment?',
    // Its load is the highest by far: nothing that is drawn by chance changes the first place.
    prepare: ({ world: { state } }) => {
      const guest = state.guests.get(vmNamed(state, 'rds-01')?.uuid ?? '')
      if (guest !== undefined) guest.load = 0.97
    },
    says: () => [['rds-01']]
  },
  {
    id: 'why-unreachable',
    kind: 'read',
    half: 'tuning',
    ask: 'build-01 does not answer on the network. What is wrong with it?',
    says: () => [[/\bpaused?\b/i]]
  }
]
