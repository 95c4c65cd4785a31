import { attentionCodes } from '../../src/views/attention/finding.ts'
import { thresholds } from '../../src/views/attention/thresholds.ts'

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** The codes of `attention`, in the order of their rank. */
export const attentionTable = (): string =>
  table(
    ['code', 'means that'],
    Object.entries(attentionCodes).map(([code, meaning]) => [`\`${code}\``, meaning])
  )

/** From which figure on a code is shown, and why. */
export const thresholdTable = (): string =>
  table(
    ['code', 'from', 'because'],
    Object.values(thresholds).map(({ value, unit, of, because }) => [
      of,
      `${value} ${unit}`,
      because
    ])
  )
