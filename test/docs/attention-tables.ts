import { attentionCodes } from '../../src/views/attention/finding.ts'
import { thresholds } from '../../src/views/attention/thresholds.ts'
import { markdownTable } from '../helper/docs.ts'

/** The codes of `attention`, in the order of their rank. */
export const attentionTable = (): string =>
  markdownTable([
    ['code', 'means that'],
    ...Object.entries(attentionCodes).map(([code, meaning]) => [`\`${code}\``, meaning])
  ])

/** From which figure on a code is shown, and why. */
export const thresholdTable = (): string =>
  markdownTable([
    ['code', 'from', 'because'],
    ...Object.values(thresholds).map(({ value, unit, of, because }) => [
      of,
      `${value} ${unit}`,
      because
    ])
  ])
