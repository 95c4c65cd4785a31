import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { FileStore } from '../../../src/store/file-store.ts'
import { sourceProgram } from '../../helper/shell.ts'

const writer = sourceProgram('test/src/store/writer.ts')

interface Writer {
  child: ChildProcess
  said: Promise<string>
}

function startWriter(folder: string, name: string, count: number): Writer {
  const child = spawn(process.execPath, [...writer, folder, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  return { child, said: text(child.stdout as NodeJS.ReadableStream) }
}

interface Acknowledged {
  number: number
  i: number
  put: boolean
}

const parse = (said: string): Acknowledged[] =>
  said
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
    .map(([number, i, put]) => ({ number: Number(number), i: Number(i), put: put === 'put' }))

t.test('what was acknowledged survives kill -9 at any moment, with others writing', async (t) => {
  const folder = join(t.testdir(), 'store')
  const kept: (Acknowledged & { by: string })[] = []
  const claimed = new Map<number, string>()
  // A busy machine writes little in a round.
  for (let round = 0; round < 6 || (kept.length <= 20 && round < 60); round++) {
    const writers = ['a', 'b'].map((name) => ({
      name: `${name}${round}`,
      ...startWriter(folder, `${name}${round}`, 100_000)
    }))
    await once(writers[0]?.child.stdout as NodeJS.ReadableStream, 'data')
    await sleep(Math.random() * 150)
    for (const { child } of writers) child.kill('SIGKILL')
    for (const { name, child, said } of writers) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const acknowledged = parse(await said)
      kept.push(...acknowledged.map((each) => ({ ...each, by: name })))
      for (const { i, put } of acknowledged)
        if (put) {
          t.notOk(claimed.has(i), `claim ${i} has one owner`)
          claimed.set(i, name)
        }
    }
  }
  const store = new FileStore(folder)
  const entries = new Map((await store.entries('log')).map(({ number, entry }) => [number, entry]))
  t.ok(kept.length > 20, `${kept.length} entries were acknowledged`)
  const lost = kept.filter(
    ({ number, i, by }) => entries.get(number)?.['i'] !== i || entries.get(number)?.['by'] !== by
  )
  t.same(lost, [], 'none of them is lost, and no number was given twice')
  const claims = await store.all('claims')
  for (const [i, by] of claimed) t.equal(claims.get(`claim-${i}`)?.value['by'], by)
  await store.close()
})

t.test('several processes lose nothing of each other', async (t) => {
  const folder = join(t.testdir(), 'store')
  const writers = ['a', 'b', 'c'].map((name) => startWriter(folder, name, 40))
  const all = await Promise.all(writers.map(async ({ said }) => parse(await said)))
  const numbers = all.flat().map(({ number }) => number)
  t.same(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 120 }, (_, i) => i + 1),
    'every number once'
  )
  t.equal(all.flat().filter(({ put }) => put).length, 40, 'every claim has one owner')
})
