import * as fc from 'fast-check'
import t from 'tap'
import { joinLogin, splitLogin, withoutLogins } from '../../../../src/lib/http/address-login.ts'

/** Logins as they are met with, and as they were once let through. */
const logins = [
  'backup:s3cret',
  'CORP;backup:p@ss:word',
  'CORP\\backup:pw',
  'CORP/backup:pw',
  'CORP;backup svc:pw',
  'backup@corp.local:pw',
  'backup:S3cret/Pw',
  'backup:S3cret Pw 1',
  'backup:S3cr@et/P w',
  'backup:%41%40',
  'backup:a"b',
  'backup:://',
  'backup:'
]

t.test('an address and its login', async (t) => {
  for (const login of logins) {
    const whole = `smb://${login}@nas.example/exports/a b`
    t.same(splitLogin(whole), { address: 'smb://nas.example/exports/a b', login })
    t.equal(joinLogin(splitLogin(whole)), whole)
  }
  t.same(splitLogin('https://u:p@h:8443/x@y'), { address: 'https://h:8443/x@y', login: 'u:p' })
  for (const address of ['smb://nas/share/x@y', 'https://h/a@b', 'web-01', 'a@b', 'smb://nas/s'])
    t.same(splitLogin(address), { address, login: '' })
  t.equal(joinLogin({ address: 'smb://h/s', login: "$&$'$1" }), "smb://$&$'$1@h/s")
})

t.test('no login is left in a text', async (t) => {
  for (const login of logins.filter((each) => !each.includes('://'))) {
    const text = `Export to smb://${login}@nas.example/exports/x failed; see smb://nas.example/a`
    t.equal(
      withoutLogins(text),
      'Export to smb://***@nas.example/exports/x failed; see smb://nas.example/a'
    )
  }
  t.equal(
    withoutLogins('see smb://u:p@h/x and smb://v:q@i/y'),
    'see smb://***@h/x and smb://***@i/y'
  )
  t.equal(withoutLogins('https://u@corp:pw@h/x'), 'https://***@h/x')
  for (const text of [
    'https://host/path:x@y',
    'smb://nas/share and bob@corp.example',
    'https://10.0.0.1:443/rest/v1/VirDomain?filter=a@b',
    'mail bob@corp.example'
  ])
    t.equal(withoutLogins(text), text)
})

t.test('whatever a login holds, none of it is left', async (t) => {
  const part = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text))
  fc.assert(
    fc.property(part, part, (user, password) => {
      const whole = `smb://${user}:${password}@nas.example/exports`
      t.equal(splitLogin(whole).address, 'smb://nas.example/exports')
      t.equal(withoutLogins(whole), 'smb://***@nas.example/exports')
    }),
    {
      examples: [
        ['call', '//x y'],
        ['a', '://b c'],
        ['b://', 'c d'],
        [':', ':/ e']
      ]
    }
  )
})
