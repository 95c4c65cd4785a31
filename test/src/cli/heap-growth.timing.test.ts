import t from 'tap'
import { run, sourceProgram } from '../../helper/shell.ts'

const program = sourceProgram('test/src/cli/heap-program.ts')

interface Sizes {
  heap: number
  young: number
}

/** MiB that heap and young generation mostly were, of a process that keeps 40 MiB and forgets far more. */
async function sizesOf(mode: 'usual' | 'limited'): Promise<Sizes> {
  const { stdout, stderr } = await run(process.execPath, [...program, mode])
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout) as Sizes
}

t.test('a heap is collected before it has doubled, and new objects get little space', async (t) => {
  const [usual, limited] = [await sizesOf('usual'), await sizesOf('limited')]
  t.comment(
    `heap ${usual.heap} MiB, limited ${limited.heap}; young ${usual.young} MiB, limited ${limited.young}`
  )
  t.ok(limited.heap < 0.7 * usual.heap, `${limited.heap} MiB beside ${usual.heap} MiB`)
  t.ok(limited.young <= 0.5 * usual.young, `${limited.young} MiB beside ${usual.young} MiB`)
})
