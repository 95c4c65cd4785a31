import { isObject } from '../../lib/json/json.ts'
import { foldCase } from '../../lib/text/normalize.ts'

/** What a response was for. */
interface ReadRequest {
  method: string
  path: string
  query?: Readonly<Record<string, unknown>>
}

/** A VM as a list has named it. */
export interface NamedVm {
  uuid: string
  names: readonly [string]
}

interface Listed {
  body: readonly unknown[]
  /** When the list was asked for, by the monotonic clock. */
  begunAt: number
}

const allVms = /^\/VirDomain\/?$/

const isAllVms = ({ method, path, query = {} }: ReadRequest): boolean =>
  method === 'GET' &&
  allVms.test(path) &&
  Object.values(query).every((parameter) => parameter === undefined)

function byName(vms: readonly unknown[]): Map<string, NamedVm[]> {
  const named = new Map<string, NamedVm[]>()
  for (const { uuid, name } of vms.filter(isObject)) {
    if (typeof uuid !== 'string' || typeof name !== 'string') continue
    const key = foldCase(name)
    named.set(key, [...(named.get(key) ?? []), { uuid, names: [name] }])
  }
  return named
}

/**
 * The names in the list of all VMs that came in last, for a few seconds. They are a guess: a caller that uses
 * one reads the VM itself, and looks whether it is still called so. That no other VM has the name by now
 * cannot be seen there, which is why writes do not go by it.
 *
 * A list that was asked for before a write of this bridge had ended is not kept.
 */
export class VmNames {
  readonly #keptMs: number
  readonly #now: () => number
  #listed: Listed | undefined
  /** By their names in one case. */
  #named: Map<string, NamedVm[]> | undefined
  #changedAt = -Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(keptMs: number, now: () => number = () => performance.now()) {
    this.#keptMs = keptMs
    this.#now = now
  }

  /**
   * Notified of every response to a read, as the cluster has sent it.
   * @param begunAt when it was asked for
   */
  saw(request: ReadRequest, body: unknown, begunAt: number): void {
    if (!isAllVms(request) || !Array.isArray(body)) return
    const isOlder = this.#listed !== undefined && begunAt < this.#listed.begunAt
    if (isOlder || begunAt <= this.#changedAt) return
    this.#forget()
    this.#listed = { body, begunAt }
    this.#timer = setTimeout(() => this.#forget(), this.#keptMs)
    this.#timer.unref()
  }

  /** The cluster changes: what is known is as good as nothing, and what is under way, too. */
  end(): void {
    this.#changedAt = this.#now()
    this.#forget()
  }

  /** Those that have a name as a whole, in any case; undefined where no list is young enough. */
  called(name: string): readonly NamedVm[] | undefined {
    if (this.#listed === undefined) return undefined
    const { body, begunAt } = this.#listed
    if (this.#now() - begunAt >= this.#keptMs) return undefined
    this.#named ??= byName(body)
    return this.#named.get(foldCase(name)) ?? []
  }

  #forget(): void {
    clearTimeout(this.#timer)
    this.#listed = undefined
    this.#named = undefined
  }
}
