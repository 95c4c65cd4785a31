import t from 'tap'
import { readPage } from '../helper/docs.ts'
import { fill, isFilled } from './trial/step.ts'
import { realSteps, recordedSteps } from './trial/steps.ts'
import { cell, rowsIn } from './trial/table.ts'

/** Steps that are newer than the last run; the next one writes their rows, and they leave this list. */
const notYetTried = new Set<string>()

const rows = rowsIn(readPage('docs/clients/openwebui.md'))
const namesOf = (steps: readonly { name: string }[]): string[] =>
  steps.filter(({ name }) => !notYetTried.has(name)).map(({ name }) => cell(name))

t.test('the table of what was tried has the steps of the trial, in their order', async (t) => {
  const names = rows.map(({ name }) => name)
  const recorded = namesOf(recordedSteps)
  // A run without a model of one's own leaves the last steps out.
  const real = names.length > recorded.length ? namesOf(realSteps) : []
  t.same(names, [...recorded, ...real])
  t.same(
    [...notYetTried].filter((name) => !recordedSteps.some((step) => step.name === name)),
    [],
    'what is not tried yet is a step'
  )
})

t.test('each row says what its step prints', async (t) => {
  for (const step of [...recordedSteps, ...realSteps]) {
    const row = rows.find(({ name }) => name === cell(step.name))
    if (row === undefined) continue
    // A failure is reported in the words of what failed, unless the step has some of its own.
    const sentence = row.passed ? step.seen : step.missed
    if (sentence !== undefined) t.ok(isFilled(cell(sentence), row.seen), `${row.name}: ${row.seen}`)
  }
})

t.test('a sentence is filled whole, or the step fails', async (t) => {
  const sentence = 'the model gets: "{told}"; {count} (more)'
  t.equal(fill(sentence, { told: 'a {b}', count: 2 }), 'the model gets: "a {b}"; 2 (more)')
  t.throws(() => fill(sentence, { told: ' ', count: 2 }), /\{told\}/)
  t.throws(() => fill(sentence, { count: 2 }), /\{told\}/)
  t.ok(isFilled(sentence, 'the model gets: "x"; 3 (more)'))
  t.notOk(isFilled(sentence, 'the model is told: "x"; 3 (more)'))
  t.notOk(isFilled(sentence, 'the model gets: ""; 3 (more)'))
})
