import t from 'tap'
import { Redactor } from '../../../../src/lib/secrets/redactor.ts'
import { awkwardSecrets as secrets } from '../../../helper/secret-forms.ts'

t.test('no text makes it slow', async (t) => {
  const redactor = new Redactor(secrets.map((value) => ({ value })))
  const units = ['\\', '%25', '&#', '\\u', '"', ' ', ...secrets.map((value) => value.slice(0, -1))]
  const before = process.cpuUsage()
  for (const unit of units) redactor.redact(unit.repeat(100_000 / unit.length))
  t.ok(process.cpuUsage(before).user < 2e6)
})
