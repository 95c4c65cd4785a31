import { sourceOf } from '../json/json-source.ts'
import { RecentMap } from './recent-map.ts'

/** Of one value: as many limits of tokens, or pages, as are asked for at a time. */
const maxViews = 16

/**
 * What was built from values that are shared and immutable: it comes out the same each time. Kept
 * no longer than the value. From any other value it is built again.
 */
export class SharedViews<V extends object> {
  readonly #views = new WeakMap<object, RecentMap<V>>()

  /**
   * @param key what else it depends on
   * @param holds whether one that was built before is still the same
   */
  of(value: object, key: string, make: () => V, holds: (view: V) => boolean = () => true): V {
    if (sourceOf(value) === undefined) return make()
    const views = this.#views.get(value) ?? new RecentMap<V>(maxViews)
    this.#views.set(value, views)
    const known = views.get(key)
    if (known !== undefined && holds(known)) return known
    const made = make()
    views.set(key, made)
    return made
  }
}
