import t from 'tap'
import { search, searchAtOnce, sum } from './search.ts'

// `npm run search` looks longer.
t.test('no run breaks a property', async (t) => {
  const reports = await searchAtOnce(t, { runs: 40, seed: 11, atOnce: 4, limitMs: 60_000 })
  const figures = sum(reports)
  t.comment(JSON.stringify(figures))
  for (const { seed, counterexample } of reports)
    t.same(
      counterexample?.violations ?? [],
      [],
      `seed ${seed} ${JSON.stringify(counterexample?.scenario)}`
    )
  t.ok(figures.runs > 0 && figures.calls > 0, 'something was at stake')
})

t.test('nor with the bridge that people run', async (t) => {
  const options = { runs: 3, seed: 13, commands: 20, limitMs: 30_000, served: true }
  const { figures, counterexample } = await search(t, options)
  t.comment(JSON.stringify(figures))
  t.same(counterexample?.violations ?? [], [], JSON.stringify(counterexample?.scenario))
})
