import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { SequenceGrant } from '../../src/hypercore/writes/sequence.ts'
import { scopes } from '../../src/identity/scope.ts'

/*
 * Faults put into a running bridge on purpose: a search that does not find them would prove nothing. Each
 * breaks one property, and the search has to name that one.
 */

type Property =
  | 'unauthorised'
  | 'unapproved'
  | 'halved'
  | 'doubled'
  | 'unrecorded'
  | 'untrue'
  | 'broken chain'
  | 'leaked'
  | 'ended'

export interface Mutant {
  /** Which property the search has to find broken. */
  breaks: Property
  /** @param record the file of the record */
  apply(app: FastifyInstance, record: string): void
}

/** Makes a write again whose reply was lost. */
export function tryAgain({ calls }: FastifyInstance): void {
  const run = calls.run.bind(calls)
  calls.run = async (request, options, work) => {
    try {
      return await run(request, options, work)
    } catch {
      return run(request, { ...options, again: true }, work)
    }
  }
}

export const mutants = {
  'every token has every scope': {
    breaks: 'unauthorised',
    apply({ policy }) {
      const admit = policy.admit.bind(policy)
      policy.admit = (request, cluster) => {
        const { authority } = request
        if (authority === undefined) return admit(request, cluster)
        const principal = { ...authority.principal, scopes: new Set(scopes) }
        return admit({ ...request, authority: { ...authority, principal } }, cluster)
      }
    }
  },
  'no token is limited to VMs': {
    breaks: 'unauthorised',
    apply({ policy }) {
      const admit = policy.admit.bind(policy)
      policy.admit = (request, cluster) => {
        const { authority } = request
        if (authority === undefined) return admit(request, cluster)
        const principal = { ...authority.principal, vmTags: undefined }
        return admit({ ...request, authority: { ...authority, principal } }, cluster)
      }
    }
  },
  'the requester approves': {
    breaks: 'unapproved',
    apply({ plans }) {
      const approve = plans.approve.bind(plans)
      plans.approve = (id, by) => approve(id, { ...by, name: 'somebody else', kind: 'oidc' })
    }
  },
  'what waits is carried out': {
    breaks: 'unapproved',
    apply({ plans }) {
      const redeem = plans.redeem.bind(plans)
      plans.redeem = async (id, binding, by) => {
        const plan = await plans.get(id)
        return plan?.state === 'WAITING' ? plan : redeem(id, binding, by)
      }
    }
  },
  'a plan is good for any request': {
    breaks: 'unapproved',
    apply({ plans }) {
      const redeem = plans.redeem.bind(plans)
      plans.redeem = async (id, binding, by) => {
        const plan = await plans.get(id)
        return plan?.state === 'APPROVED' ? plan : redeem(id, binding, by)
      }
    }
  },
  'each write is the first of its minute': {
    breaks: 'unapproved',
    apply({ policy }) {
      const admit = policy.admit.bind(policy)
      let count = 0
      policy.admit = (request, cluster) => {
        const { authority } = request
        if (authority === undefined) return admit(request, cluster)
        count += 1
        const principal = { ...authority.principal, name: `token ${count}` }
        return admit({ ...request, authority: { ...authority, principal } }, cluster)
      }
    }
  },
  'steps are judged one by one': {
    breaks: 'halved',
    apply({ policy }) {
      policy.admitAll = async (requests) => new SequenceGrant(requests, undefined)
    }
  },
  'a sequence is no more than its steps': {
    breaks: 'unapproved',
    apply({ policy }) {
      policy.admitAll = async (requests) => new SequenceGrant(requests, undefined)
    }
  },
  'repetitions are not known': {
    breaks: 'doubled',
    apply({ calls }) {
      const run = calls.run.bind(calls)
      calls.run = (request, options, work) => run(request, { ...options, again: true }, work)
    }
  },
  'a lost reply is tried again': { breaks: 'doubled', apply: tryAgain },
  'a call is anybody’s': {
    breaks: 'leaked',
    apply({ calls }) {
      const run = calls.run.bind(calls)
      calls.run = (request, options, work) => run({ ...request, caller: '' }, options, work)
    }
  },
  'a failure ends the bridge': {
    breaks: 'ended',
    apply({ calls }) {
      const run = calls.run.bind(calls)
      calls.run = (request, options, work) => {
        const result = run(request, options, work)
        // Rejects, too, and is not caught.
        void result.finally(() => undefined)
        return result
      }
    }
  },
  'writes are recorded afterwards': {
    breaks: 'unrecorded',
    apply({ audit }) {
      const append = audit.append.bind(audit)
      const note = audit.note.bind(audit)
      const held: (() => unknown)[] = []
      audit.append = async (kind, fields, late) => {
        if (kind !== 'write') return append(kind, fields, late)
        held.push(() => append(kind, fields, late))
        return { seq: 0, time: '', kind, prev: '' }
      }
      audit.note = (kind, fields) => {
        for (const enter of held.splice(0)) void enter()
        note(kind, fields)
      }
    }
  },
  'outcomes are not recorded': {
    breaks: 'unrecorded',
    apply({ audit }) {
      const note = audit.note.bind(audit)
      audit.note = (kind, fields) => {
        if (kind !== 'outcome') note(kind, fields)
      }
    }
  },
  'refusals are not recorded': {
    breaks: 'unrecorded',
    apply({ audit }) {
      audit.refused = () => undefined
    }
  },
  'what was sent is said to be refused': {
    breaks: 'untrue',
    apply({ audit }) {
      const note = audit.note.bind(audit)
      audit.note = (kind, fields) =>
        note(kind, kind === 'outcome' ? { ...fields, state: 'REFUSED' } : fields)
    }
  },
  'the record says somebody else': {
    breaks: 'broken chain',
    apply({ audit }, record) {
      audit.onEntry(({ kind }) => {
        if (kind !== 'outcome') return
        const text = readFileSync(record, 'utf8').replaceAll('"worker"', '"second"')
        // In place, as anyone who may write to it can.
        const file = openSync(record, 'r+')
        writeSync(file, text, 0)
        closeSync(file)
      })
    }
  }
} as const satisfies Record<string, Mutant>

export type MutantName = keyof typeof mutants

export const mutantNames = Object.keys(mutants) as MutantName[]

export const mutantNamed = (name: MutantName): Mutant => mutants[name]
