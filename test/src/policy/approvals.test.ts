import t from 'tap'
import type { Principal } from '../../../src/identity/principal.ts'
import type { Scope } from '../../../src/identity/scope.ts'
import { BridgeError } from '../../../src/lib/errors.ts'
import { Approvals, bindingOf, type PlanDraft, planMs } from '../../../src/policy/approvals.ts'

const principal = (name: string, scopes: Scope[], extras: Partial<Principal> = {}): Principal => ({
  name,
  kind: 'token',
  scopes: new Set(scopes),
  ...extras
})

const model = principal('model', ['read', 'lose'])
const person = principal('person', ['read', 'approve'])

const draft: PlanDraft = {
  tool: 'deleteVM',
  effect: 'lose',
  because: 'APPROVAL=lose, and this is lose',
  summary: 'the VM is deleted: VM "web-01"',
  does: 'the VM is deleted',
  requests: [{ method: 'DELETE', path: '/rest/v1/VirDomain/x', body: null }],
  targets: [],
  vms: []
}
const binding = bindingOf('request', 'target')

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return error instanceof BridgeError ? error.code : String(error)
  }
  return 'none'
}

/** Plans by a clock that a test sets. */
function start() {
  const clock = { now: 1_000_000 }
  const approvals = new Approvals(() => clock.now)
  const ask = (by = model, request = binding) => approvals.ask(draft, request, by, 'stamp')
  return { clock, approvals, ask }
}

t.test('an approved plan is carried out once', async (t) => {
  const { approvals, ask } = start()
  const { id, state } = ask()
  t.equal(state, 'WAITING')
  t.equal(
    codeOf(() => approvals.redeem(id, binding, model)),
    'APPROVAL_REQUIRED'
  )
  t.match(approvals.approve(id, person), { state: 'APPROVED', decidedBy: 'person' })
  t.match(approvals.redeem(id, binding, model), { state: 'USED' })
  t.equal(
    codeOf(() => approvals.redeem(id, binding, model)),
    'PLAN_USED'
  )
  t.equal(
    codeOf(() => approvals.approve(id, person)),
    'PLAN_USED'
  )
  t.equal(
    codeOf(() => approvals.deny(id, person)),
    'PLAN_USED'
  )
})

t.test('what may decide, and what may not', async (t) => {
  const { approvals, ask } = start()
  const { id } = ask()
  t.equal(
    codeOf(() => approvals.approve('p-unknown', person)),
    'PLAN_NOT_FOUND'
  )
  t.equal(
    codeOf(() => approvals.approve(id, principal('other', ['read']))),
    'SCOPE_REQUIRED'
  )
  t.equal(
    codeOf(() => approvals.approve(id, { ...model, scopes: person.scopes })),
    'OWN_PLAN'
  )
  t.equal(
    codeOf(() => approvals.redeem(id, binding, person)),
    'PLAN_NOT_FOUND',
    'not its asker'
  )

  const ann = { name: 'ann', verified: true }
  const byAnn = ask(principal('chat', ['lose'], { kind: 'oidc', person: ann }))
  const annElsewhere = principal('console', ['approve'], { kind: 'oidc', person: ann })
  t.equal(
    codeOf(() => approvals.approve(byAnn.id, annElsewhere)),
    'OWN_PLAN',
    'the same person'
  )
  const bob = principal('chat', ['approve'], {
    kind: 'oidc',
    person: { name: 'bob', verified: true }
  })
  t.match(
    approvals.approve(byAnn.id, bob),
    { state: 'APPROVED' },
    'another one, by the same client'
  )
  const claimed = principal('chat', ['approve'], {
    kind: 'oidc',
    person: { name: 'bob', verified: false }
  })
  const second = ask(principal('chat', ['lose'], { kind: 'oidc', person: ann }))
  t.equal(
    codeOf(() => approvals.approve(second.id, claimed)),
    'OWN_PLAN',
    'one who only says so'
  )
})

t.test('a denied plan stays denied, and says why', async (t) => {
  const { approvals, ask } = start()
  const { id } = ask()
  approvals.deny(id, person, 'not during office hours')
  t.throws(() => approvals.redeem(id, binding, model), {
    code: 'PLAN_DENIED',
    message: /"not during office hours"/
  })
  const own = ask(model, bindingOf('other', 'target'))
  t.match(approvals.deny(own.id, model), { state: 'DENIED' }, 'an asker may withdraw')
})

t.test('a plan is bound to its request and to what its targets are', async (t) => {
  const { approvals, ask } = start()
  const { id } = ask()
  approvals.approve(id, person)
  t.equal(
    codeOf(() => approvals.redeem(id, bindingOf('other', 'target'), model)),
    'PLAN_STALE'
  )
  t.equal(approvals.get(id)?.state, 'APPROVED', 'the wrong request does not use it up')
  t.equal(
    codeOf(() => approvals.redeem(id, bindingOf('request', 'changed'), model)),
    'PLAN_STALE'
  )
  t.equal(approvals.get(id)?.state, 'STALE')
  t.equal(
    codeOf(() => approvals.redeem(id, binding, model)),
    'PLAN_STALE',
    'for good'
  )
})

t.test('time ends it, waiting or approved', async (t) => {
  const { approvals, ask, clock } = start()
  const waiting = ask()
  const approved = ask(model, bindingOf('other', 'target'))
  approvals.approve(approved.id, person)
  clock.now += planMs
  t.equal(
    codeOf(() => approvals.approve(waiting.id, person)),
    'PLAN_STALE'
  )
  t.equal(
    codeOf(() => approvals.redeem(approved.id, bindingOf('other', 'target'), model)),
    'PLAN_STALE'
  )
  t.not(ask().id, waiting.id, 'the same call asks anew')
})

t.test('the same call asks once, and a flood is refused', async (t) => {
  const { approvals, ask } = start()
  t.equal(ask().id, ask().id)
  for (let i = 1; i < 20; i += 1) ask(model, bindingOf(`${i}`, 'target'))
  t.equal(
    codeOf(() => ask(model, bindingOf('one more', 'target'))),
    'RATE_LIMITED'
  )
  t.equal(approvals.list().length, 20)
})

t.test('who waits hears of the decision', async (t) => {
  const { approvals, ask } = start()
  const { id } = ask()
  const { signal } = new AbortController()
  const decided = approvals.decided(id, 5_000, signal)
  approvals.approve(id, person)
  t.match(await decided, { state: 'APPROVED' })
  const other = ask(model, bindingOf('other', 'target'))
  t.match(await approvals.decided(other.id, 10, signal), { state: 'WAITING' }, 'or of none')
})

t.test('of several people behind one token, who asked carries out', async (t) => {
  const behind = (name: string, verified = true, id?: string): Principal =>
    principal('openwebui', ['read', 'lose'], { person: { name, verified, id } })
  const others = [
    behind('bob'),
    behind('ann', false),
    behind('ann', true, '2'),
    principal('openwebui', ['lose'])
  ]
  for (const other of others) {
    const { approvals, ask } = start()
    const { id } = ask(behind('ann', true, '1'))
    approvals.approve(id, person)
    t.equal(
      codeOf(() => approvals.redeem(id, binding, other)),
      'PLAN_NOT_FOUND',
      JSON.stringify(other.person)
    )
    t.match(approvals.redeem(id, binding, behind('Ann', true, '1')), { state: 'USED' })
  }
})
