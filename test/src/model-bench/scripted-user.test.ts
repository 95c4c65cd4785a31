import t from 'tap'
import { ScriptedUser } from '../../../src/model-bench/scripted-user.ts'

t.test('a user with a script', async (t) => {
  const user = new ScriptedUser({ which: 'dc-02', confirm: 'yes' })
  t.equal(user.answer('The snapshot is taken.'), undefined, 'nothing was asked')
  t.equal(user.answer('Which one do you mean, dc-01 or dc-02?'), 'dc-02')
  t.equal(user.answer('Shall I go on?'), 'Yes.')
  t.equal(user.answer('Please confirm.'), 'Yes.')
  t.equal(user.answer('Which one?'), 'Yes.', 'has said it already')
  t.equal(user.answer('Really?'), undefined, 'and does not go on for ever')
})

t.test('a user who wants nothing done', async (t) => {
  const user = new ScriptedUser({ confirm: 'no' })
  t.match(user.answer('Shall I delete them?'), /^No/)
})

t.test('a user who knows no more', async (t) => {
  t.equal(new ScriptedUser().answer('Which one?'), undefined)
})
