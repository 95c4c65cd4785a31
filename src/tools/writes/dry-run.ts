import { isObject } from '../../lib/json/json.ts'
import type { DryRun, Preview } from '../../policy/dry-run.ts'
import { itWould } from '../../policy/would.ts'
import { listed, shownSteps } from './shown-steps.ts'
import type { Tool } from '../define-tool.ts'

/** What says that nothing is known, for a field that every response of the tool has. */
function nothing(schema: Record<string, unknown>): unknown {
  const { type } = schema
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[]).at(-1)
  if (type === 'string') return ''
  if (type === 'integer' || type === 'number') return 0
  if (type === 'boolean') return false
  return type === 'array' ? [] : {}
}

/** Every field that a response of the tool has, with what says that nothing is known. */
export function emptyResponse({ output }: Pick<Tool, 'output'>): Record<string, unknown> {
  const fields = isObject(output.properties)
    ? (output.properties as Record<string, Record<string, unknown>>)
    : {}
  const required = (output.required as string[] | undefined) ?? []
  return Object.fromEntries(required.map((name) => [name, nothing(fields[name] ?? {})]))
}

/** A preview with as many requests and targets as a response holds; a plan has all of them. */
function boundPreview(preview: Preview): Preview & { moreRequests?: number; moreTargets?: number } {
  const [requests, targets] = [listed(preview.requests), listed(preview.targets)]
  return {
    ...preview,
    requests: requests.shown,
    ...(requests.more > 0 && { moreRequests: requests.more }),
    targets: targets.shown,
    ...(targets.more > 0 && { moreTargets: targets.more })
  }
}

/** The response of a call that only showed what it would send; in the form of the tool's responses. */
export function dryRunResponse(
  tool: Pick<Tool, 'output'>,
  { preview, steps }: Pick<DryRun, 'preview' | 'steps'>
): Record<string, unknown> {
  const { summary, needsApproval, refused } = preview
  const further = [
    ...(refused === undefined ? [] : [`It would be refused: ${refused}`]),
    ...(needsApproval === undefined ? [] : [`It needs a person's approval: ${needsApproval}`])
  ]
  return {
    ...emptyResponse(tool),
    ...(steps !== undefined && { steps: shownSteps(steps) }),
    sent: false,
    message: [`Not sent, as dry_run is true. ${itWould(summary)}`, ...further].join('. '),
    dry_run: boundPreview(preview)
  }
}
