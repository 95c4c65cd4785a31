import t from 'tap'
import { Audit } from '../../../src/audit/audit.ts'

t.test('an entry that comes as a turn ends is written', async (t) => {
  const audit = new Audit({ lateMs: 60_000 })
  t.teardown(() => audit.close())
  for (let ticks = 0; ticks < 40; ticks++) {
    audit.note('plan', { ticks })
    for (let i = 0; i < ticks; i++) await Promise.resolve()
    await t.resolves(audit.append('plan', { ticks }), `${ticks} microtasks later`)
  }
})
