import t from 'tap'
import { readEnvText } from '../../../src/config/env-text.ts'
import { notedPins, pinInEnvText } from '../../../src/cli/pin/pins.ts'

const print = (digit: string): string => Array.from({ length: 32 }, () => digit + digit).join(':')
const a = print('a')
const b = print('B')
const c = print('C')
const one = 'https://10.0.0.1'
const two = 'https://10.0.0.2:8443'

/** The list that a text pins. */
const listOf = (text: string): string[] =>
  (readEnvText(text)['SCALE_TLS_FINGERPRINT'] ?? '').split(',')

t.test('pins a first node and remembers which it was', async (t) => {
  const text = pinInEnvText('SCALE_HOST=10.0.0.1\n', [], [{ origin: one, fingerprint: a }])
  t.equal(
    text,
    `SCALE_HOST=10.0.0.1\nSCALE_TLS=pin\n# pinned: ${one} ${a}\nSCALE_TLS_FINGERPRINT=${a}\n`
  )
  t.strictSame(notedPins(text, [a]), [{ origin: one, fingerprint: a }])
})

t.test('keeps the pins of nodes it was not asked about', async (t) => {
  const first = pinInEnvText('', [], [{ origin: one, fingerprint: a }])
  const both = pinInEnvText(first, listOf(first), [{ origin: two, fingerprint: b }])
  t.strictSame(listOf(both), [a, b])
  const byHand = pinInEnvText(
    `SCALE_TLS_FINGERPRINT=${c}\n`,
    [c],
    [{ origin: one, fingerprint: a }]
  )
  t.strictSame(listOf(byHand), [c, a], 'also of those written by hand')
})

t.test('a node pinned again loses its old pin, unless another node shows it too', async (t) => {
  const pins = [
    { origin: one, fingerprint: a },
    { origin: two, fingerprint: b }
  ]
  const both = pinInEnvText('', [], pins)
  const changed = pinInEnvText(both, listOf(both), [{ origin: one, fingerprint: c }])
  t.strictSame(listOf(changed), [b, c])
  t.notMatch(changed, a)

  const shared = pinInEnvText('', [], [pins[0]!, { origin: two, fingerprint: a }])
  t.strictSame(listOf(shared), [a])
  t.strictSame(
    listOf(pinInEnvText(shared, [a], [{ origin: one, fingerprint: c }])),
    [a, c],
    'the other node still shows it'
  )
})

t.test('pinning twice changes nothing', async (t) => {
  const text = pinInEnvText('# mine\n', [], [{ origin: one, fingerprint: a }])
  t.equal(pinInEnvText(text, [a], [{ origin: one, fingerprint: a }]), text)
  t.equal(
    pinInEnvText(text, [a], [{ origin: one, fingerprint: a.toLowerCase().replaceAll(':', '') }])
      .split('\n')
      .filter((line) => line.startsWith('SCALE')).length,
    2
  )
})

t.test('a note without its pin in the list counts for nothing', async (t) => {
  const text = pinInEnvText('', [], [{ origin: one, fingerprint: a }])
  t.strictSame(notedPins(text, [b]), [])
})
