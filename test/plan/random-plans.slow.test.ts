import t from 'tap'
import { checkRandomPlans } from './random-plans.ts'

t.test('nothing comes otherwise than a trial said, but for what it announced', async (t) => {
  const { surprises, carriedOut, steps, writes, refusals, stoppedByGuests } =
    await checkRandomPlans(40, 20261129)
  t.same(surprises, [])
  t.ok(carriedOut + stoppedByGuests > 25, `${carriedOut} plans of ${steps} steps were carried out`)
  t.ok(stoppedByGuests < carriedOut / 4, `${stoppedByGuests} were stopped by guests`)
  t.ok(writes > 60, `${writes} writes`)
  t.ok(refusals > 3, `${refusals} refusals were looked at`)
})

t.test('what a cluster does beyond it is found', async (t) => {
  const { surprises } = await checkRandomPlans(10, 20261130, {
    meddle({ simulator }) {
      const { virDomains } = simulator.world.state
      simulator.witnesses.add(({ method }) => {
        if (method === 'GET') return
        for (const vm of virDomains.values()) vm.description += '!'
      })
    }
  })
  t.match(surprises, [/description/])
})
