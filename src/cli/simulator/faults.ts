import { FaultError, parseFault } from '../../simulator/fault-text.ts'
import type { Fault } from '../../simulator/faults.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { formatCommand } from '../connect/shell.ts'
import { shellWord } from '../../lib/text/shell-word.ts'

/**
 * Reads the `--fault` options.
 * @throws {CommandError} saying what a fault looks like.
 */
export function parseFaults(texts: readonly string[], nodes: number): Fault[] {
  return texts.map((text) => {
    try {
      return parseFault(text, nodes)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      throw new CommandError(
        `--fault ${text}: ${error.message}. Example: slow:500,node=0,path=/VirDomain,times=3`,
        2
      )
    }
  })
}

/**
 * Commands that inject a fault into a running simulator, and clear all faults, in lines of at most
 * `width` characters.
 */
export function faultCommands(
  url: string,
  user: string,
  password: string,
  width: number
): string[] {
  const login = `-u ${shellWord(`${user}:${password}`)}`
  const call = [`curl -sSk ${login} ${url}/simulator/faults`]
  return [
    [...call, `-d '{"kind":"slow","ms":3000}'`],
    [...call, '-X DELETE']
  ].map((parts) => formatCommand(parts, width))
}
