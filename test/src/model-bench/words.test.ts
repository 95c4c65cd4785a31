import t from 'tap'
import {
  affirms,
  holdsWord,
  saysOff,
  withoutListNumbers,
  wordsIn
} from '../../../src/model-bench/words.ts'

t.test('a word of its own', async (t) => {
  t.ok(holdsWord('It is WEB-01.', 'web-01'))
  t.notOk(holdsWord('test-web-01', 'web-01'))
  t.notOk(holdsWord('10.20.0.13', '13'))
  t.same(wordsIn('b, then a; not c-1', ['a', 'b', 'c']), ['b', 'a'])
})

t.test('what is said of how things are, and what is denied or left open', async (t) => {
  const said = [
    'build-01 is paused.',
    'It does not answer because it is paused.',
    "It isn't broken, it is paused.",
    'It is PAUSED, not running'
  ]
  const unsaid = [
    'It is not paused.',
    "It isn't paused.",
    'It isn’t paused.',
    'Check whether it is paused.',
    'It may be paused.',
    'It was never paused.',
    'No VM is paused'
  ]
  for (const text of said) t.ok(affirms(text, /\bpaused\b/i), text)
  for (const text of unsaid) t.notOk(affirms(text, /\bpaused\b/i), text)
})

t.test('who is said to be off', async (t) => {
  const vms = ['a', 'b']
  for (const text of [
    'a, b and c are switched off.',
    'a is off; b runs; c is off',
    'a\nb\nc',
    'a, c'
  ])
    t.ok(saysOff(text, vms), text)
  for (const text of [
    'c is switched off.',
    'Only c is off; a and b are running.',
    'c is off, while a, b are running',
    'a RUNNING\nb RUNNING\nc SHUTOFF',
    'Of a, b and c only c is off.'
  ])
    t.notOk(saysOff(text, vms), text)
})

t.test('numbers of a list count nothing', async (t) => {
  t.equal(withoutListNumbers('VMs:\n1. a\n 2) b\n- 3. c\n17'), 'VMs:\na\nb\nc\n17')
  t.equal(withoutListNumbers('17. These are all.'), '17. These are all.')
})
