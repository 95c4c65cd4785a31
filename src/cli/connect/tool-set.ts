import { CommandError } from '../../lib/errors/command-error.ts'
import { BridgeError } from '../../lib/errors/errors.ts'

/** What an address needs after its path to list a set of the tools. */
export const toolSetQuery = (toolSet: string | undefined): string =>
  toolSet === undefined ? '' : `?tools=${encodeURIComponent(toolSet).replaceAll('%2C', ',')}`

/**
 * Refuses a set that the bridge would refuse: clients then show no tools, and do not say why.
 * @throws {CommandError} with the nearest name.
 */
export async function checkToolSet(toolSet: string | undefined): Promise<void> {
  if (toolSet === undefined) return
  const [{ tools }, { chooseTools }] = await Promise.all([
    import('../../app.ts'),
    import('../../tools/tool-sets.ts')
  ])
  try {
    chooseTools(tools, toolSet)
  } catch (error) {
    if (error instanceof BridgeError) throw new CommandError(`--${error.message}`, 2)
    throw error
  }
}
