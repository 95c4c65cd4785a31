import t from 'tap'
import type { Principal } from '../../../src/identity/principal.ts'
import type { Scope } from '../../../src/identity/scope.ts'
import { BridgeError } from '../../../src/lib/errors/errors.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { Approvals, type PlanDraft, planMs } from '../../../src/policy/approvals.ts'
import { bindingOf } from '../../../src/policy/binding.ts'

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

const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
  } catch (error) {
    return error instanceof BridgeError ? error.code : String(error)
  }
  return 'none'
}

/** Plans by a clock that a test sets. */
function start() {
  const clock = { now: 1_000_000 }
  const approvals = new Approvals(new MemoryStore(), () => clock.now)
  const ask = (by = model, request = binding) => approvals.ask(draft, request, by, 'stamp')
  return { clock, approvals, ask }
}

t.test('an approved plan is carried out once', async (t) => {
  const { approvals, ask } = start()
  const { id, state } = await ask()
  t.equal(state, 'WAITING')
  t.equal(await codeOf(() => approvals.redeem(id, binding, model)), 'APPROVAL_REQUIRED')
  t.match(await approvals.approve(id, person), { state: 'APPROVED', decidedBy: 'person' })
  t.match(await approvals.redeem(id, binding, model), { state: 'USED' })
  t.equal(await codeOf(() => approvals.redeem(id, binding, model)), 'PLAN_USED')
  t.equal(await codeOf(() => approvals.approve(id, person)), 'PLAN_USED')
  t.equal(await codeOf(() => approvals.deny(id, person)), 'PLAN_USED')
})

t.test('what may decide, and what may not', async (t) => {
  const { approvals, ask } = start()
  const { id } = await ask()
  t.equal(await codeOf(() => approvals.approve('p-unknown', person)), 'PLAN_NOT_FOUND')
  t.equal(await codeOf(() => approvals.approve(id, principal('other', ['read']))), 'SCOPE_REQUIRED')
  t.equal(
    await codeOf(() => approvals.approve(id, { ...model, scopes: person.scopes })),
    'OWN_PLAN'
  )
  t.equal(
    await codeOf(() => approvals.redeem(id, binding, person)),
    'PLAN_NOT_FOUND',
    'not its asker'
  )

  const ann = { name: 'ann', verified: true }
  const byAnn = await ask(principal('chat', ['lose'], { kind: 'oidc', person: ann }))
  const annElsewhere = principal('console', ['approve'], { kind: 'oidc', person: ann })
  t.equal(
    await codeOf(() => approvals.approve(byAnn.id, annElsewhere)),
    'OWN_PLAN',
    'the same person'
  )
  const bob = principal('chat', ['approve'], {
    kind: 'oidc',
    person: { name: 'bob', verified: true }
  })
  t.match(
    await approvals.approve(byAnn.id, bob),
    { state: 'APPROVED' },
    'another one, by the same client'
  )
  const claimed = principal('chat', ['approve'], {
    kind: 'oidc',
    person: { name: 'bob', verified: false }
  })
  const second = await ask(principal('chat', ['lose'], { kind: 'oidc', person: ann }))
  t.equal(
    await codeOf(() => approvals.approve(second.id, claimed)),
    'OWN_PLAN',
    'one who only says so'
  )
})

t.test('a denied plan stays denied, and says why', async (t) => {
  const { approvals, ask } = start()
  const { id } = await ask()
  await approvals.deny(id, person, 'not during office hours')
  await t.rejects(() => approvals.redeem(id, binding, model), {
    code: 'PLAN_DENIED',
    message: /"not during office hours"/
  })
  const own = await ask(model, bindingOf('other', 'target'))
  t.match(await approvals.deny(own.id, model), { state: 'DENIED' }, 'an asker may withdraw')
})

t.test('a plan is bound to its request and to what its targets are', async (t) => {
  const { approvals, ask } = start()
  const { id } = await ask()
  await approvals.approve(id, person)
  t.equal(
    await codeOf(() => approvals.redeem(id, bindingOf('other', 'target'), model)),
    'PLAN_STALE'
  )
  t.equal((await approvals.get(id))?.state, 'APPROVED', 'the wrong request does not use it up')
  t.equal(
    await codeOf(() => approvals.redeem(id, bindingOf('request', 'changed'), model)),
    'PLAN_STALE'
  )
  t.equal((await approvals.get(id))?.state, 'STALE')
  t.equal(await codeOf(() => approvals.redeem(id, binding, model)), 'PLAN_STALE', 'for good')
})

t.test('time ends it, waiting or approved', async (t) => {
  const { approvals, ask, clock } = start()
  const waiting = await ask()
  const approved = await ask(model, bindingOf('other', 'target'))
  await approvals.approve(approved.id, person)
  clock.now += planMs
  t.equal(await codeOf(() => approvals.approve(waiting.id, person)), 'PLAN_STALE')
  t.equal(
    await codeOf(() => approvals.redeem(approved.id, bindingOf('other', 'target'), model)),
    'PLAN_STALE'
  )
  t.not((await ask()).id, waiting.id, 'the same call asks again')
})

t.test('the same call asks once, and a flood is refused', async (t) => {
  const { approvals, ask } = start()
  t.equal((await ask()).id, (await ask()).id)
  for (let i = 1; i < 20; i += 1) await ask(model, bindingOf(`${i}`, 'target'))
  t.equal(await codeOf(() => ask(model, bindingOf('one more', 'target'))), 'RATE_LIMITED')
  t.equal((await approvals.list()).length, 20)
})

t.test('a caller that waits gets the decision', async (t) => {
  const { approvals, ask } = start()
  const { id } = await ask()
  const { signal } = new AbortController()
  const decided = approvals.decided(id, 5_000, signal)
  await approvals.approve(id, person)
  t.match(await decided, { state: 'APPROVED' })
  const other = await ask(model, bindingOf('other', 'target'))
  t.match(await approvals.decided(other.id, 10, signal), { state: 'WAITING' }, 'or of none')
})

t.test('of several people behind one token, only the requester carries it out', async (t) => {
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
    const { id } = await ask(behind('ann', true, '1'))
    await approvals.approve(id, person)
    t.equal(
      await codeOf(() => approvals.redeem(id, binding, other)),
      'PLAN_NOT_FOUND',
      JSON.stringify(other.person)
    )
    t.match(await approvals.redeem(id, binding, behind('Ann', true, '1')), { state: 'USED' })
  }
})
