import * as fc from 'fast-check'
import t from 'tap'
import { isDistinctive, Redactor, type Secret } from '../../../../src/lib/secrets/redactor.ts'
import { awkwardSecrets as secrets, secretForms as forms } from '../../../helper/secret-forms.ts'

const redact = (text: string, ...secrets: Secret[]): string => new Redactor(secrets).redact(text)

t.test('a secret is replaced in every form', async (t) => {
  for (const value of secrets)
    for (const [name, form] of Object.entries(forms))
      t.equal(redact(`<${form(value)}>`, { value }), '<***>', `${value} ${name}`)
})

t.test('a login is replaced in every form, by whatever name the user has', async (t) => {
  for (const user of ['backup', 'CORP;backup', 'CORP\\backup', 'CORP/backup', 'backup@corp.local'])
    for (const value of ['admin', 'S3cr@et/P w'])
      for (const name of [user, user.replace(/^CORP[;\\/]/, '')]) {
        const pair = `${name}:${value}`
        const encoded = Buffer.from(pair).toString('base64')
        for (const [form, write] of Object.entries(forms))
          t.notMatch(redact(`<${write(pair)}>`, { value, user }), value, `${pair} ${form}`)
        t.match(redact(`Basic ${encoded}`, { value, user }), /^Basic \*\*\*$/)
        t.match(redact(encodeURIComponent(encoded), { value, user }), /^\*\*\*$/)
      }
})

t.test('what looks like something else is replaced only in a login', async (t) => {
  for (const value of ['admin', 'Password', 'administrator', '20261122', 'x', 'RUNNING', '  ']) {
    t.notOk(isDistinctive(value), value)
    t.equal(redact(`The user ${value} may`, { value }), `The user ${value} may`)
  }
  t.equal(redact('admin has admin:admin', { value: 'admin', user: 'admin' }), 'admin has ***')
  for (const value of ['S3cret', 'hunter2', 'correct horse', 'correcthorsebattery', 'p@sswd'])
    t.ok(isDistinctive(value), value)
  t.equal(
    redact('backup-svc and backup-svc:backup-svc', {
      value: 'backup-svc',
      user: 'backup-svc',
      isPublic: true
    }),
    'backup-svc and ***',
    'the name of a user is a name'
  )
})

t.test('a text cut in the middle of a secret gives nothing away', async (t) => {
  for (const value of secrets.filter((each) => !each.includes('\\\\'))) {
    const characters = Array.from(value)
    for (let length = 8; length < characters.length; length++) {
      const cut = characters.slice(0, length).join('')
      t.equal(redact(`${cut}… and more`, { value }), '***… and more', cut)
      t.equal(redact(`${cut}...`, { value }), '***...')
    }
  }
})

t.test('what is learned later is replaced from then on', async (t) => {
  const redactor = new Redactor([])
  const first = '0f8c1c7e-aaaa-4bbb-8ccc-1234567890ab'
  t.equal(redactor.redact(first), first)
  redactor.learn(first)
  redactor.learn(first)
  t.equal(redactor.redact(`id ${first}.`), 'id ***.')
  for (let i = 0; i < 100; i++) redactor.learn(`session-${i}-abcdef`)
  t.equal(redactor.redact('session-99-abcdef'), '***')
})

t.test('property: no form of any secret is left in any text', async (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 10 })
  const value = fc
    .string({
      unit: fc.constantFrom(...Array.from('aB3@:/ %"\\;#&<+\'üß漢😀')),
      minLength: 6,
      maxLength: 24
    })
    .map((each) => each.trim())
    .filter(isDistinctive)
  fc.assert(
    fc.property(value, text, text, (secret, before, after) => {
      const redactor = new Redactor([{ value: secret }])
      for (const [name, form] of Object.entries(forms)) {
        const written = form(secret)
        const shown = redactor.redact(`${before}\u0001${written}\u0001${after}`)
        // One assertion for each would be most of the time.
        if (!shown.includes('\u0001***\u0001')) t.fail(name, { secret, written, shown })
      }
    }),
    { numRuns: 200, examples: [['"3漢😀漢+\\&+a%<3&ß\\ü%#;#ü', '', '']] }
  )
})
