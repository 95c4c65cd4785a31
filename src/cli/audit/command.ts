import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Head, parseHead } from '../../audit/entry.ts'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { collect, number, settingsOption } from '../option-values.ts'
import type { AuditExportOptions } from './export.ts'
import type { AuditShowOptions } from './show.ts'
import type { AuditTailOptions } from './tail.ts'
import type { AuditVerifyOptions } from './verify.ts'

/** `7d` or a date, in Unix milliseconds. */
function sinceWhen(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([mhdw])$/.exec(text.trim()) ?? []
  if (amount !== undefined && unit !== undefined) {
    const ms = { m: 60e3, h: 3600e3, d: 86_400e3, w: 7 * 86_400e3 }[unit] ?? 0
    return new Date().getTime() - Number(amount) * ms
  }
  const at = /^\d{4}-\d{2}-\d{2}/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN
  if (Number.isNaN(at))
    throw new InvalidArgumentError(
      'It must be a time such as 24h, 7d, 2026-11-28 or 2026-11-28T14:00.'
    )
  return at
}

function head(text: string, before: Head[] = []): Head[] {
  const given = parseHead(text)
  if (given === undefined)
    throw new InvalidArgumentError('It must be SEQ:HASH, as in the "audit head" lines of the log.')
  return [...before, given]
}

/** `scale-bridge audit tail`, `verify`, `show` and `export`. */
export function addAudit(program: Command, { io, run }: CommandContext): void {
  const audit = program
    .command('audit')
    .description('read and verify the record of who did what')
    .helpCommand(false)
  explain(audit, io, 'They only read, also while the bridge runs.', [
    'scale-bridge audit tail --follow',
    'scale-bridge audit verify',
    'scale-bridge help audit export'
  ])

  const tail = audit
    .command('tail')
    .description('print the last entries, a line each')
    .addOption(settingsOption())
    .option('-n, --number <n>', 'how many (default: 20)', number(1, 100_000))
    .option('-f, --follow', 'keep printing new entries')
    .action(
      run(async (options: AuditTailOptions) => {
        const { auditTail } = await import('./tail.ts')
        return auditTail(io, options)
      })
    )
  explain(tail, io, 'Times are UTC.', ['scale-bridge audit tail -n 50'])

  const verify = audit
    .command('verify')
    .description('find what was edited, removed, moved or inserted')
    .addOption(settingsOption())
    .option(
      '--head <SEQ:HASH>',
      'an "audit head" of the log, which must be in the record; repeatable',
      head
    )
    .option('--key <fingerprint>', 'a further key that may have signed; repeatable', collect)
    .option('--show-key', "print the bridge's public key")
    .action(
      run(async (options: AuditVerifyOptions) => {
        const { auditVerify } = await import('./verify.ts')
        return auditVerify(io, options)
      })
    )
  explain(verify, io, 'Ends with 1 if anything is wrong, and names file and line.', [
    'scale-bridge audit verify --show-key'
  ])

  const show = audit
    .command('show')
    .description('print a write with its plan, its approver and its outcome')
    .argument(
      '<id>',
      'id of the write or its beginning, task tag, id of the request, or number of the entry'
    )
    .addOption(settingsOption())
    .option('--json', 'as JSON')
    .action(
      run(async (id: string, options: AuditShowOptions) => {
        const { auditShow } = await import('./show.ts')
        return auditShow(io, id, options)
      })
    )
  explain(show, io, '', ['scale-bridge audit show 3f2a91c0'])

  const exports = audit
    .command('export')
    .description('print the entries since a time, to be kept elsewhere')
    .addOption(settingsOption())
    .option('--since <time>', '24h, 7d, or a date (default: all)', sinceWhen)
    .addOption(
      new Option('--format <format>', 'jsonl or csv (default: jsonl)').choices(['jsonl', 'csv'])
    )
    .action(
      run(async (options: AuditExportOptions) => {
        const { auditExport } = await import('./export.ts')
        return auditExport(io, options)
      })
    )
  explain(exports, io, 'As jsonl the lines are unchanged.', [
    'scale-bridge audit export --since 7d --format csv > week.csv'
  ])
}
