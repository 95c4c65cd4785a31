import type { Person, Principal } from '../identity/principal.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import { unixMs } from '../lib/time/unix-time.ts'

/** A token that was used since the bridge started. Says nothing of the token itself. */
export interface PrincipalSeen {
  name: string
  kind: Principal['kind']
  scopes: string[]
  /** The VMs it is limited to; null for all. */
  vmTags: readonly string[] | null
  /** Who used it last, as far as a person is known. */
  person: Person | null
  calls: number
  /** Unix milliseconds. */
  lastUsedAt: number
}

const maxSeen = 200

/** The tokens that were used lately. */
export class PrincipalsSeen {
  readonly #seen = new RecentMap<PrincipalSeen>(maxSeen)

  note({ name, kind, scopes, vmTags, person }: Principal): void {
    const key = `${kind} ${name}`
    this.#seen.set(key, {
      name,
      kind,
      scopes: [...scopes],
      vmTags: vmTags ?? null,
      person: person ?? null,
      calls: (this.#seen.get(key)?.calls ?? 0) + 1,
      lastUsedAt: unixMs()
    })
  }

  /** The one used last first. */
  list(): PrincipalSeen[] {
    return this.#seen.values().toReversed()
  }
}
