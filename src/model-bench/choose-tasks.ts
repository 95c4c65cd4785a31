import { CommandError } from '../lib/errors/command-error.ts'
import { didYouMean, nearest } from '../lib/text/nearest.ts'
import type { Task } from './task.ts'
import { tasks } from './tasks/index.ts'

const wordsOf = ({ id, kind, half }: Task): string[] => [id, kind, half]

/**
 * The tasks that a comma-separated list of ids, kinds and halves names; all where there is none.
 * @throws {CommandError} naming what is none of them
 */
export function chooseTasks(list: string | undefined): Task[] {
  const words = (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (words.length === 0) return [...tasks]
  const known = [...new Set(tasks.flatMap(wordsOf))]
  const unknown = words.find((word) => !known.includes(word))
  if (unknown !== undefined)
    throw new CommandError(
      `--tasks names "${unknown.slice(0, 60)}", which is not a task${didYouMean(nearest(unknown, known)) || '.'} Known: ${known.join(', ')}`,
      2
    )
  return tasks.filter((task) => wordsOf(task).some((word) => words.includes(word)))
}
