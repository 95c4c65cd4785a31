/** A path template, cut into its steps. */
interface Leaf {
  template: string
  /** Names of its parameters, in order. */
  names: string[]
  /** How many of its steps are none. */
  fixed: number
}

interface Step {
  fixed: Map<string, Step>
  parameter: Step | undefined
  leaf: Leaf | undefined
}

/** Which of some templates a path belongs to, and the values of its parameters. */
export interface IndexedPath {
  template: string
  parameters: Record<string, string>
}

const newStep = (): Step => ({ fixed: new Map(), parameter: undefined, leaf: undefined })

/** Without slashes at the end, cut into steps. */
function stepsOf(path: string): string[] {
  let end = path.length
  while (end > 0 && path[end - 1] === '/') end--
  return path.slice(0, end).split('/')
}

/** Path templates by their steps, so that finding the one of a path looks at no other. */
export class PathIndex {
  readonly #root = newStep()

  /** Of templates that differ in the names of their parameters alone, the first is kept. */
  add(template: string): void {
    const names: string[] = []
    let at = this.#root
    const steps = stepsOf(template)
    for (const step of steps) {
      if (step.startsWith('{')) {
        names.push(step.slice(1, -1))
        at = at.parameter ??= newStep()
      } else {
        const next = at.fixed.get(step) ?? newStep()
        at.fixed.set(step, next)
        at = next
      }
    }
    at.leaf ??= { template, names, fixed: steps.length - names.length }
  }

  /** The template of a concrete path: of several the one with the fewest parameters. */
  find(path: string): IndexedPath | undefined {
    const steps = stepsOf(path)
    let best: { leaf: Leaf; values: string[] } | undefined
    const visit = (at: Step, i: number, values: string[]): void => {
      const step = steps[i]
      if (step === undefined) {
        if (at.leaf !== undefined && (best === undefined || at.leaf.fixed > best.leaf.fixed))
          best = { leaf: at.leaf, values }
        return
      }
      const next = at.fixed.get(step)
      if (next !== undefined) visit(next, i + 1, values)
      if (at.parameter !== undefined && step !== '') visit(at.parameter, i + 1, [...values, step])
    }
    visit(this.#root, 0, [])
    if (best === undefined) return undefined
    const { leaf, values } = best
    return {
      template: leaf.template,
      parameters: Object.fromEntries(leaf.names.map((name, i) => [name, values[i] ?? '']))
    }
  }
}
