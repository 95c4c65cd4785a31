import t from 'tap'
import { withoutLogins } from '../../../../src/lib/http/address-login.ts'

t.test('no text makes it slow', async (t) => {
  for (const unit of ['smb://', 'smb://a@', '@', 'smb:///@', '://', 'a/', 'smb://a@b'])
    withoutLogins(unit.repeat(20_000))
  const before = process.cpuUsage()
  for (const unit of ['smb://', 'smb://a@', '@', 'smb:///@', '://', 'a/', 'smb://a@b'])
    withoutLogins(unit.repeat(20_000))
  t.ok(process.cpuUsage(before).user < 1e6)
})
