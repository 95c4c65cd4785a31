import t from 'tap'
import { isQuestion, ScriptedUser } from '../../../src/model-bench/scripted-user.ts'

t.test('a user with a script', async (t) => {
  const user = new ScriptedUser({ which: 'dc-02', confirm: 'yes' })
  t.equal(user.answer('The snapshot is taken.'), undefined, 'nothing was asked')
  t.equal(user.answer('Which one do you mean, dc-01 or dc-02?'), 'dc-02')
  t.equal(user.answer('Shall I go on?'), 'Yes.')
  t.equal(user.answer('Please confirm.'), 'Yes.')
  t.equal(user.answer('Which one?'), 'Yes.', 'has said it already')
  t.equal(user.answer('Really?'), undefined, 'and does not go on for ever')
})

t.test('a user who declines', async (t) => {
  const user = new ScriptedUser({ confirm: 'no' })
  t.match(user.answer('Shall I delete them?'), /^No/)
})

t.test('a user who means another one does not say yes to the first that is offered', async (t) => {
  const user = new ScriptedUser({ which: 'I mean dc-02.', confirm: 'yes' })
  t.notOk(user.hasChosen)
  t.equal(user.answer('Shall I take it of dc-01?'), 'I mean dc-02.')
  t.ok(user.hasChosen)
  t.equal(user.answer('Shall I take it of dc-02 then?'), 'Yes.')
})

t.test('courtesy asks for nothing', async (t) => {
  for (const text of [
    'It is taken. Anything else?',
    'Is there anything else I can do for you?',
    'Done. Let me know if you need anything else.',
    'How can I help you?'
  ]) {
    t.notOk(isQuestion(text), text)
    const user = new ScriptedUser({ which: 'I mean dc-02.', confirm: 'yes' })
    t.equal(user.answer(text), undefined)
    t.notOk(user.hasChosen, 'so that nothing counts as asked')
  }
  t.ok(isQuestion('Which one? Is there anything else to do?'))
  t.ok(isQuestion('Let me know if I may go on.'))
})

t.test('a user who knows no more', async (t) => {
  t.equal(new ScriptedUser().answer('Which one?'), undefined)
})
