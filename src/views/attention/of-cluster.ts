import type { Condition, Update } from '../../hypercore/records/records.ts'
import type { UpdateState } from '../../hypercore/updates/update-state.ts'
import { oneLine } from '../../lib/text/one-line.ts'
import { quoteText } from '../../lib/text/quote.ts'
import { counted, formatDuration } from '../../lib/text/units.ts'
import { type ConditionGroup, groupConditions } from '../condition.ts'
import { describeUpdate } from '../update.ts'
import { type Finding, findingOf } from './finding.ts'

/** Is said by the update itself, sooner and in more words (FACTS 24, high). */
const ofUpdate = 'condition.updateInProgress'

function conditionFinding({ isOK, lastSetTime, ...group }: ConditionGroup, now: number): Finding {
  const { severity, name, description, count, nodes } = group
  const since = lastSetTime > 0 ? `, for ${formatDuration(now - lastSetTime / 1000)}` : ''
  const times = count > 1 ? `, ${count} times` : ''
  const doubt = isOK ? '' : '; the check itself fails, do not trust it'
  return {
    code: 'CONDITION',
    severity,
    count,
    reason: `${quoteText(description, 120)} (${oneLine(name)})${since}${times}${doubt}`,
    of: nodes,
    next: { tool: 'condition_read', args: {} }
  }
}

/** The conditions that are set, each kind once. */
export const conditionFindings = (conditions: readonly Condition[], now: number): Finding[] =>
  groupConditions(conditions.filter(({ name, value }) => value && name !== ofUpdate)).map((group) =>
    conditionFinding(group, now)
  )

const updateNext = { tool: 'update_read', args: {} }

/** An update that runs or failed, and what can be installed. */
export function updateFindings(
  state: UpdateState | undefined,
  offers: readonly Update[] | undefined
): Finding[] {
  const isFailed = state?.phase === 'FAILED'
  return [
    ...(state !== undefined && (state.running || isFailed)
      ? [
          {
            code: isFailed ? 'UPDATE_FAILED' : 'UPDATE_RUNNING',
            severity: isFailed ? 'ERROR' : 'WARNING',
            count: 1,
            reason: describeUpdate(state),
            of: [],
            next: updateNext
          } satisfies Finding
        ]
      : []),
    ...findingOf(state?.running === true ? [] : (offers ?? []), (found) => ({
      code: 'UPDATE_AVAILABLE',
      severity: 'INFO',
      reason: `${counted(found.length, 'version')} can be installed`,
      of: found.map(({ uuid }) => oneLine(uuid)),
      next: updateNext
    }))
  ]
}
