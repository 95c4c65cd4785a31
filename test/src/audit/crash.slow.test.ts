import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { sourceProgram } from '../../helper/shell.ts'
import { openAudit, recordIn, verify } from './helper.ts'

const program = sourceProgram('test/src/audit/writer.ts')

function startWriter(folder: string, name: string, count: number, maxBytes = 0) {
  const args = [...program, folder, name, String(count), String(maxBytes)]
  const child: ChildProcess = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  return { child, said: text(child.stdout as NodeJS.ReadableStream) }
}

const entriesIn = (path: string): { seq: number; id?: string }[] =>
  readdirSync(dirname(path))
    .filter((name) => /^audit\.(\d+\.)?jsonl$/.test(name))
    .toSorted()
    .flatMap((name) =>
      readFileSync(join(dirname(path), name), 'utf8')
        .trim()
        .split('\n')
    )
    .map((line) => JSON.parse(line) as { seq: number; id?: string })

const acknowledged = (said: string): [seq: number, id: string][] =>
  said
    .split('\n')
    .slice(0, -1)
    // What was not acknowledged begins with a code.
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(' '))
    .map(([seq, id = '']) => [Number(seq), id])

t.test('what was acknowledged survives kill -9 at any moment, with another writing', async (t) => {
  const place = recordIn(t.testdir())
  const folder = dirname(dirname(place.path))
  const kept: [number, string][] = []
  // A busy machine writes little in a round.
  for (let round = 0; round < 6 || (kept.length <= 100 && round < 60); round++) {
    const writers = ['a', 'b'].map((name) =>
      startWriter(folder, `${name}${round}`, 100_000, 200_000)
    )
    await once(writers[0]?.child.stdout as NodeJS.ReadableStream, 'data')
    await sleep(Math.random() * 300)
    for (const { child } of writers) child.kill('SIGKILL')
    for (const { child, said } of writers) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      kept.push(...acknowledged(await said))
    }
  }
  // The next start repairs what the last kill left.
  const { audit } = openAudit(place)
  await audit.append('start', {})
  await audit.close()
  const found = await verify(place)
  t.same(found.problems, [], `${found.entries} entries in ${found.files.length} files`)
  const byId = new Map(entriesIn(place.path).map(({ id, seq }) => [id, seq]))
  t.ok(kept.length > 100, `${kept.length} were acknowledged`)
  t.same(
    kept.filter(([seq, id]) => byId.get(id) !== seq),
    [],
    'each is where it was said to be'
  )
})

t.test('two processes share a record, through its rotation', async (t) => {
  const place = recordIn(t.testdir())
  const folder = dirname(dirname(place.path))
  const writers = ['a', 'b', 'c'].map((name) => startWriter(folder, name, 300, 50_000))
  const all = await Promise.all(
    writers.map(async ({ said }) => {
      t.notMatch(await said, /^[A-Z]/m, 'nothing was refused')
      return acknowledged(await said)
    })
  )
  const found = await verify(place)
  t.same(found.problems, [])
  t.ok(found.files.length > 3, `${found.files.length} files`)
  const seqs = all.flat().map(([seq]) => seq)
  t.equal(new Set(seqs).size, 900, 'every number once')
  t.equal(entriesIn(place.path).filter(({ id }) => id !== undefined).length, 900)
})
