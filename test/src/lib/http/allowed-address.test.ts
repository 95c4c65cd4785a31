import t from 'tap'
import { isAllowedAddress, parseAllowedAddress } from '../../../../src/lib/http/allowed-address.ts'

const list = [
  'smb://nas.example/exports',
  'backup.example',
  '[fd00::1]',
  'https://images.example:8443/iso'
].map(parseAllowedAddress)

const passing = [
  'smb://nas.example/exports',
  'smb://NAS.example/Exports/web-01',
  'smb://user:p@ss@nas.example/exports/web-01',
  'smb://backup.example/any/folder',
  'https://backup.example/x',
  'backup.example',
  'backup.example:514',
  'smb://corp;user:p%2@backup.example/x',
  '[fd00::1]',
  'smb://[FD00::1]:445/x',
  'https://images.example:8443/iso/debian.iso'
]

const refused = [
  '',
  'smb://nas.example',
  'smb://nas.example/',
  'smb://nas.example/exports-other/x',
  'smb://nas.example/exports/../secret',
  'smb://nas.example/exports/%2e%2e/secret',
  'smb://nas.example/exports/%252e%252e/secret',
  'smb://nas.example/exports\\..\\secret',
  'smb://nas.example.evil.example/exports/x',
  'smb://nas.example@evil.example/exports/x',
  'smb://evil.example/nas.example/exports',
  'http://nas.example/exports/x',
  'https://images.example/iso/x',
  'smb://nas.example/exports/x@evil.example/share',
  'smb://nas.example/exports/%40evil.example/share',
  ' backup.example.evil',
  'evil.example/backup.example',
  'smb://evil.example/x@backup.example/y',
  'smb://evil.example:445/x@backup.example/y',
  'smb://evil.example\\x@backup.example/y',
  'smb://evil.example%2fx@backup.example/y',
  'smb://evil.example%252fx@backup.example/y',
  'smb://evil.example?x@backup.example/y',
  'smb://evil.example#x@backup.example/y',
  'backup.example:evil.example',
  'backup.example:514.evil.example',
  'smb://[fd00::1]evil/x',
  'smb://[fd00::1:445]/x'
]

t.test('an address is allowed by host, or below a folder', async (t) => {
  for (const address of passing) t.ok(isAllowedAddress(address, list), address)
  for (const address of refused) t.notOk(isAllowedAddress(address, list), address)
  t.ok(isAllowedAddress('smb://any.example/x', ['*']))
  t.notOk(isAllowedAddress('smb://nas.example/exports', []))
  const own = 'smb://corp;exp:p/w@nas.example/exports/x'
  t.ok(isAllowedAddress(own, list, 'corp;exp:p/w'), 'the login of the archive holds what it holds')
  t.notOk(isAllowedAddress(own, list, 'corp;exp:p'))
})

t.test('what is not a valid entry of the list', async (t) => {
  for (const text of [
    'smb://',
    'nas.example/folder',
    'smb://a b/c',
    'smb://nas/../x',
    'smb://u:p@nas/x'
  ])
    t.throws(() => parseAllowedAddress(text), /must hold/, text)
})
