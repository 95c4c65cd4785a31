import type { VirDomain } from '../../hypercore/records/records.ts'
import { looksLike } from '../../lib/text/look-alike.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { mixedScripts } from '../../lib/text/visible-text.ts'
import type { ToolContext } from '../define-tool.ts'
import { knownVms } from './known-vms.ts'

/** Others of one name that a note lists. */
const maxShown = 5

const listed = (vms: readonly VirDomain[]): string => {
  const shown = vms.slice(0, maxShown).map(({ uuid, state }) => `${uuid}, ${state}`)
  const more = vms.length > maxShown ? `; and ${vms.length - maxShown} more` : ''
  return `${shown.join('; ')}${more}`
}

/**
 * What is to be said of the name a VM gets: that others have it, or one that reads the same. The
 * cluster takes any name (FACTS 5), but tools take VMs by their names.
 * @param except uuid of the VM that gets it
 */
export function notesOnName(name: string, vms: readonly VirDomain[], except = ''): string[] {
  const others = vms.filter(({ uuid }) => uuid !== except)
  const same = others.filter((vm) => foldCase(vm.name) === foldCase(name))
  const alike = others.filter((vm) => looksLike(vm.name, name))
  const scripts = mixedScripts(name)
  return [
    ...(same.length > 0
      ? [
          `${same.length === 1 ? 'another VM is' : `${same.length} other VMs are`} called ${quoteName(same[0]?.name ?? name)}: ${listed(same)}; tools that are given this name will ask for a uuid`
        ]
      : []),
    ...alike
      .slice(0, maxShown)
      .map(
        (vm) => `${quoteName(name)} looks like ${quoteName(vm.name)}, another VM: ${listed([vm])}`
      ),
    ...(scripts.length > 0 && alike.length === 0
      ? [`the name ${quoteName(name)} is not what it reads like`]
      : [])
  ]
}

/** The same, with the VMs read; nothing is said where they cannot be read. */
export const readNotesOnName = async (
  context: ToolContext,
  name: string,
  except = ''
): Promise<string[]> => notesOnName(name, await knownVms(context), except)
