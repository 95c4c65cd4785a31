import type { World } from '../../src/simulator/handler.ts'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import { exportTargets } from './world.ts'

/** What is asked for, before the cluster is known. */
export interface AskDraft {
  kind: AskKind
  vm: number
  other: number
  choice: number
}

/** A call of a tool; the same however often, by whomever and on whatever way it is sent. */
export interface Ask {
  tool: string
  args: Record<string, unknown>
}

interface Place {
  vm: VirDomain
  other: VirDomain
  choice: number
  /** A name or text that nothing else has. */
  mark: string
  world: World
}

const raw = (method: string, query: string, payload?: unknown): Ask => ({
  tool: 'run_api',
  args: { method, query, ...(payload !== undefined && { payload }) }
})

const actions = ['START', 'SHUTDOWN', 'STOP', 'REBOOT', 'RESET', 'PAUSE', 'REBOOT', 'REBOOT']

const of = <T>(list: readonly T[], at: number): T | undefined => list[at % list.length]

const kinds = {
  snapshot: ({ vm, mark }) => ({
    tool: 'snapshotVM',
    args: { vmUUID: vm.uuid, label: mark }
  }),
  clone: ({ vm, mark }) => ({ tool: 'cloneVM', args: { vmUUID: vm.name, name: mark } }),
  create: ({ mark, choice }) => ({
    tool: 'createVM',
    args: { name: mark, mem: 2 ** 30, ...(choice % 2 === 0 && { tags: 'lab' }) }
  }),
  describe: ({ vm, mark }) => ({
    tool: 'updateVM',
    args: { vmUUID: vm.uuid, description: mark }
  }),
  retag: ({ vm, mark, choice }) => ({
    tool: 'updateVM',
    args: { vmUUID: vm.uuid, tags: `${choice % 2 === 0 ? 'lab' : 'web'},${mark}` }
  }),
  act: ({ vm, choice }) => ({
    tool: 'changeVM_state',
    args: { vmUUID: vm.uuid, actionType: of(actions, choice) }
  }),
  // Several requests as one.
  restore: ({ vm }) => ({ tool: 'restoreVM', args: { vmUUID: vm.uuid, snapshot: 'newest' } }),
  several: ({ vm, other, mark }) => ({
    tool: 'changeVMs',
    args: { vms: [...new Set([vm.uuid, other.uuid])], action: 'addTags', tags: mark }
  }),
  // The second step is about what the first has yet to create.
  'plan of a copy': ({ vm, mark, choice }) => ({
    tool: 'plan',
    args: {
      steps: [
        { tool: 'cloneVM', args: { vm: vm.name, name: mark } },
        {
          tool: 'updateVM',
          args: {
            vm: '$1.createdUUID',
            ...(choice % 2 === 0 ? { addTags: mark } : { description: mark })
          }
        }
      ]
    }
  }),
  'plan of two': ({ vm, other, mark }) => ({
    tool: 'plan',
    args: {
      steps: [
        { tool: 'snapshotVM', args: { vm: vm.name, label: mark } },
        { tool: 'updateVM', args: { vm: other.name, description: mark } }
      ]
    }
  }),
  delete: ({ vm }) => ({ tool: 'deleteVM', args: { vmUUID: vm.uuid } }),
  'delete snapshot': ({ vm, choice, world }) => {
    const all = [...world.state.snapshots.values()].filter(
      ({ domainUUID }) => domainUUID === vm.uuid
    )
    return { tool: 'delete_snapshotVM', args: { snapUUID: of(all, choice)?.uuid ?? vm.uuid } }
  },
  'raw snapshot': ({ vm, mark }) =>
    raw('POST', '/VirDomainSnapshot', { domainUUID: vm.uuid, label: mark }),
  'raw clone': ({ vm, mark, choice }) =>
    raw('POST', `/VirDomain/${vm.uuid}/clone`, {
      template: { name: mark, ...(choice % 3 === 0 && { tags: 'lab' }) }
    }),
  'raw actions': ({ vm, other, choice }) =>
    raw(
      'POST',
      '/VirDomain/action',
      [vm, other].map(({ uuid }) => ({ virDomainUUID: uuid, actionType: of(actions, choice) }))
    ),
  'raw disk': ({ vm, choice }) => {
    const disk = of(vm.blockDevs, choice)?.uuid ?? vm.uuid
    return choice % 4 === 0
      ? raw('DELETE', `/VirDomainBlockDevice/${disk}`)
      : raw('PATCH', `/VirDomainBlockDevice/${disk}`, { cacheMode: 'NONE' })
  },
  'raw user': ({ mark }) =>
    raw('POST', '/User', { username: mark, password: `Pw-${mark}-0123456789`, fullName: mark }),
  'raw field': ({ vm, mark }) =>
    raw('PATCH', `/VirDomain/${vm.uuid}`, { description: mark, snapshotScheduleUUID: '' }),
  export: ({ vm, mark, choice }) =>
    raw('POST', `/VirDomain/${vm.uuid}/export`, {
      target: { pathURI: `${of(exportTargets, choice)}/${mark}`, definitionFileName: `${mark}.xml` }
    })
} as const satisfies Record<string, (place: Place) => Ask>

export type AskKind = keyof typeof kinds

export const askKinds = Object.keys(kinds) as AskKind[]

/** The call that a draft stands for in this cluster. */
export function askOf(draft: AskDraft, vms: readonly VirDomain[], mark: string, world: World): Ask {
  const [vm, other] = [vms[draft.vm], vms[draft.other]] as [VirDomain, VirDomain]
  return kinds[draft.kind]({ vm, other, choice: draft.choice, mark, world })
}
