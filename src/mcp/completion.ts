import type { ServerContext } from '@modelcontextprotocol/server'
import type { Catalog } from '../catalog/load.ts'
import { abortable } from '../lib/http/caller-gone.ts'
import { describeFailure } from './failure.ts'
import type { KnownNames } from './known-names.ts'
import { entityNamed, operationAddresses } from './resources/schema-address.ts'
import type { Complete, RequestParts } from './registry.ts'
import { snapshotName } from '../views/snapshot.ts'
import { foldCase } from '../lib/text/normalize.ts'

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/**
 * The values that have `typed` in them, in any case: those that begin with it first, each part in
 * the order given. Every value once.
 */
export function matching(typed: string, values: Iterable<string>): string[] {
  const wanted = foldCase(typed.trim())
  const begin: string[] = []
  const hold: string[] = []
  for (const value of new Set(values)) {
    if (value === '') continue
    const at = foldCase(value).indexOf(wanted)
    if (at === 0) begin.push(value)
    else if (at > 0) hold.push(value)
  }
  return [...begin, ...hold]
}

/** What is completed: each is an argument of a prompt or a variable of a template. */
export interface Completers {
  /** Names of VMs. */
  vm: Complete
  /** Addresses of nodes. */
  node: Complete
  /**
   * Labels of snapshots, newest first, and the time of those without one; those of the VM in the
   * argument `vm`, where it is known.
   */
  snapshot: Complete
  /** Entities of the HyperCore API. */
  entity: Complete
  /** Last parts of operations' addresses; those of the entity in the variable `entity`. */
  operation: Complete
}

/**
 * Completion for what a person or a client types. A cluster that cannot be asked gives no values and
 * no error: nothing is lost but the help, and the call itself says what is wrong.
 */
export function createCompleters(
  catalog: Catalog,
  names: KnownNames,
  { contextOf, onInternal }: RequestParts
): Completers {
  const helping =
    (values: (request: ServerContext, others: Record<string, string>) => Promise<string[]>) =>
    async (
      typed: string,
      request: ServerContext,
      others: Record<string, string> = {}
    ): Promise<string[]> => {
      try {
        const response = values(request, others)
        return matching(typed, await abortable(response, request.mcpReq.signal))
      } catch (error) {
        describeFailure(error, onInternal, request)
        return []
      }
    }

  /** uuids of the VMs that `vm` may mean; undefined where it says nothing. */
  async function vmsMeant(request: ServerContext, vm: string): Promise<Set<string> | undefined> {
    const wanted = foldCase(vm.trim())
    if (wanted === '') return undefined
    const vms = await names.vms(contextOf(request))
    return new Set(
      vms
        .filter(({ uuid, name }) => uuid === wanted || foldCase(name) === wanted)
        .map(({ uuid }) => uuid)
    )
  }

  return {
    vm: helping(async (request) => {
      const vms = await names.vms(contextOf(request))
      return vms.map(({ name }) => name).toSorted(natural.compare)
    }),
    node: helping(async (request) => {
      const nodes = await names.nodes(contextOf(request))
      return nodes.map(({ lanIP }) => lanIP).toSorted(natural.compare)
    }),
    snapshot: helping(async (request, { vm = '' }) => {
      const [meant, snapshots] = await Promise.all([
        vmsMeant(request, vm),
        names.snapshots(contextOf(request))
      ])
      return snapshots
        .filter(({ vmUUID }) => meant === undefined || meant.has(vmUUID))
        .map(snapshotName)
    }),
    entity: helping(async () => catalog.entities.toSorted(natural.compare)),
    operation: helping(async (_request, { entity = '' }) => {
      const named = entityNamed(catalog, entity)
      const entities = named === undefined ? catalog.entities : [named]
      return entities.flatMap((name) => [...operationAddresses(catalog, name).keys()])
    })
  }
}
