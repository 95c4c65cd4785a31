import { addressOf, bears, namesOf, snapshotsOf, vmNamed } from '../cluster-words.ts'
import type { Task } from '../task.ts'
import { affirms, saysOff, wordsIn } from '../words.ts'

/** As many as a list of the busiest shows. */
const maxNamed = 10

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
    says: (state) => [[addressOf(state, vmNamed(state, 'file-01'))]],
    saysNot: (state) => {
      const right = addressOf(state, vmNamed(state, 'file-01'))
      return [...state.nodes.values()].map(({ lanIP }) => lanIP).filter((each) => each !== right)
    }
  },
  {
    id: 'memory-of-vm',
    kind: 'read',
    half: 'tuning',
    ask: 'How much memory does postgres-01 have?',
    // The first amount: what comes after it may be that of a disk.
    wrong: ({ reply }, state) => {
      const gib = (vmNamed(state, 'postgres-01')?.mem ?? 0) / 1024 ** 3
      const [, first] = /(\d+(?:\.\d+)?) ?GI?B\b/i.exec(reply) ?? []
      return Number(first) === gib
        ? undefined
        : `The reply does not name ${gib} GiB, or others first`
    }
  },
  {
    id: 'off-by-tag',
    kind: 'read',
    half: 'kept-aside',
    ask: 'Which of the VMs with the tag "database" is switched off?',
    says: (state) => [namesOf(state, (vm) => bears(vm, 'database') && vm.state === 'SHUTOFF')],
    saysNot: (state) => namesOf(state, (vm) => !bears(vm, 'database')),
    wrong: ({ reply }, state) => {
      const running = namesOf(state, (vm) => bears(vm, 'database') && vm.state === 'RUNNING')
      return saysOff(reply, running) ? 'The reply takes running VMs for switched off' : undefined
    }
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
    saysNot: (state) => namesOf(state, (vm) => vm.state !== 'CRASHED')
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
    // The busiest may be named with those after it: then it comes first, and not all are listed.
    wrong: ({ reply }, state) => {
      const named = wordsIn(
        reply,
        namesOf(state, () => true)
      )
      return named[0] === 'rds-01' && named.length <= maxNamed
        ? undefined
        : 'The reply does not name rds-01 before all others, or names most VMs'
    }
  },
  {
    id: 'why-unreachable',
    kind: 'read',
    half: 'tuning',
    ask: 'build-01 does not answer on the network. What is wrong with it?',
    wrong: ({ reply }) =>
      affirms(reply, /\bpaused?\b/i) ? undefined : 'The reply does not say that it is paused'
  }
]
