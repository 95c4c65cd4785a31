import t from 'tap'
import { run, sourceProgram } from '../../helper/shell.ts'

const program = sourceProgram('test/src/cli/heap-program.ts')

/** MiB that the heap mostly was, of a process that keeps 40 MiB and forgets far more. */
async function sizeOf(mode: 'usual' | 'limited'): Promise<number> {
  const { stdout, stderr } = await run(process.execPath, [...program, mode])
  if (stderr !== '') throw new Error(stderr)
  return Number(stdout.trim())
}

t.test('a heap is collected before it has doubled', async (t) => {
  const [usual, limited] = [await sizeOf('usual'), await sizeOf('limited')]
  t.comment(`${usual} MiB, limited ${limited} MiB`)
  t.ok(limited < 0.7 * usual, `${limited} MiB beside ${usual} MiB`)
})
