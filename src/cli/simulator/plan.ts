import { readFile } from 'node:fs/promises'
import { CommandError } from '../../lib/errors/command-error.ts'
import { type FaultPlan, PlanError, readPlan } from '../../simulator/plan/plan-file.ts'

/**
 * Reads the file of `--plan`.
 * @throws {CommandError} that it cannot be read, or what is wrong in which line
 */
export async function loadPlan(path: string, nodes: number): Promise<FaultPlan> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CommandError(`--plan ${path}: it cannot be read (${code ?? message})`, 2)
  }
  try {
    return readPlan(text, nodes)
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
    throw new CommandError(`--plan ${path}: ${error.message}`, 2)
  }
}
