import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { parseDuration } from '../src/lib/time/duration.ts'
import { quote } from '../src/lib/text/quote.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { readProtection } from '../src/tools/report/read-protection.ts'
import { Input } from '../src/tools/schemas.ts'
import { ProtectionReport, protectionText } from '../src/views/protection/report.ts'
import { defaultTarget } from '../src/views/protection/target.ts'

const defaultLimit = 20

/** @throws {BridgeError} INVALID_ARGUMENT */
function readTarget(rpo: string): number {
  const ms = parseDuration(rpo) ?? 0
  if (ms > 0) return ms / 1000
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `rpo is ${quote(rpo)}, which is not a valid age: write 4h, 24h, 7d or 2w`
  )
}

export const protectionReport = defineTool({
  name: 'protection_report',
  title: 'Show which VMs lack a recent copy',
  description:
    'Lists VMs whose newest snapshot, replica and export are all older than rpo, or than their own tag such as rpo:4h.',
  tag: 'snapshot',
  annotations: readOnly,
  input: Input({
    rpo: Type.Optional(
      Type.String({
        maxLength: 40,
        pattern: String.raw`^\s*\d{1,5} ?[mhdwMHDW][A-Za-z ]*$`,
        default: defaultTarget,
        'x-format-hint': 'how old the newest copy may be: 4h, 24h, 7d',
        'x-example': '"24h"'
      })
    ),
    filter: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'name, or field:value',
        'x-misnomers': '^tags?$',
        'x-hint': 'as in vm_read, such as tags:prod'
      })
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, default: defaultLimit, 'x-hide-range': true })
    )
  }),
  output: ProtectionReport,

  run: (context, { rpo = defaultTarget, filter, limit = defaultLimit }) =>
    readProtection(context, { usual: readTarget(rpo), filter, limit }),
  text: protectionText
})

export const protectionTools: Tool[] = [protectionReport]
