import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as fc from 'fast-check'
import t from 'tap'
import { parseHead } from '../../../src/audit/entry.ts'
import { openAudit, recordIn, verify } from './helper.ts'

/** A record of some forty entries, in two files, stopped as usual. */
async function sample(folder: string) {
  const place = recordIn(folder)
  const { audit, heads } = openAudit(place, { maxBytes: 6_000 })
  audit.note('start', { version: '1' })
  for (let i = 0; i < 30; i++) {
    await audit.append('write', {
      id: `w${i}`,
      path: `/VirDomain/${i}`,
      body: { name: `vm "${i}" ä` }
    })
    if (i % 3 === 0) audit.note('outcome', { write: `w${i}`, state: 'COMPLETE' })
    if (i === 10) await audit.checkpoint()
  }
  await audit.close()
  return { ...place, heads }
}

const linesIn = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

t.test('an untouched record is whole, and its head is in the log', async (t) => {
  const place = await sample(t.testdir())
  const found = await verify(place)
  t.same(found.problems, [])
  t.ok(found.files.length > 1, `${found.files.length} files`)
  t.ok(found.checkpoints > 2)
  t.equal(found.signedThrough, found.head.seq, 'a stop signs everything')
  const last = parseHead(place.heads.at(-1) ?? '')
  t.same(found.head, last)
  const all = place.heads.flatMap((head) => parseHead(head) ?? [])
  t.same((await verify(place, all)).problems, [])
})

t.test('any change of one byte, and any line removed, moved or doubled, is found', async (t) => {
  const folder = t.testdir()
  const place = await sample(folder)
  const { files } = await verify(place)
  const kept = files.map((file) => readFileSync(file))
  const restore = (): void => files.forEach((file, i) => writeFileSync(file, kept[i] as Buffer))
  const file = fc.integer({ min: 0, max: files.length - 1 })
  const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  /** Edits one file, and says what verifying it finds. */
  async function tamper(which: number, edit: (bytes: Buffer) => Buffer | undefined) {
    const edited = edit(Buffer.from(kept[which] as Buffer))
    if (edited === undefined || edited.equals(kept[which] as Buffer)) return undefined
    writeFileSync(files[which] as string, edited)
    try {
      return (await verify(place)).problems
    } finally {
      restore()
    }
  }
  const isFound = (problems: unknown[] | undefined): boolean =>
    problems === undefined || problems.length > 0

  /** The same on whole lines. */
  const onLines = (edit: (lines: string[]) => void) => (bytes: Buffer) => {
    const lines = bytes.toString().split('\n').slice(0, -1)
    edit(lines)
    return Buffer.from(lines.map((line) => `${line}\n`).join(''))
  }
  const pick = (share: number, lines: readonly unknown[]): number =>
    Math.floor(share * lines.length)

  await fc.assert(
    fc.asyncProperty(file, at, fc.integer({ min: 1, max: 255 }), async (which, share, flip) =>
      isFound(
        await tamper(which, (bytes) => {
          const place = pick(share, [...bytes.keys()])
          bytes[place] = (bytes[place] as number) ^ flip
          return bytes
        })
      )
    ),
    { numRuns: 600 }
  )
  await fc.assert(
    fc.asyncProperty(file, at, async (which, share) =>
      isFound(
        await tamper(
          which,
          onLines((lines) => void lines.splice(pick(share, lines), 1))
        )
      )
    )
  )
  await fc.assert(
    fc.asyncProperty(file, at, at, async (which, one, other) =>
      isFound(
        await tamper(
          which,
          onLines((lines) => {
            const [a, b] = [pick(one, lines), pick(other, lines)]
            ;[lines[a], lines[b]] = [lines[b] as string, lines[a] as string]
          })
        )
      )
    )
  )
  await fc.assert(
    fc.asyncProperty(file, at, at, async (which, one, other) =>
      isFound(
        await tamper(
          which,
          onLines(
            (lines) => void lines.splice(pick(other, lines), 0, lines[pick(one, lines)] as string)
          )
        )
      )
    )
  )
  await fc.assert(
    fc.asyncProperty(file, at, async (which, share) =>
      isFound(await tamper(which, (bytes) => bytes.subarray(0, pick(share, [...bytes.keys()]))))
    ),
    { numRuns: 40 }
  )
  t.same((await verify(place)).problems, [], 'and what was put back is whole')
})

t.test('what is wrong is named, with its line', async (t) => {
  const folder = t.testdir()
  const place = await sample(folder)
  const { files } = await verify(place)
  const [first = '', second = ''] = files
  const copy = `${folder}-copy`
  cpSync(folder, copy, { recursive: true })
  t.teardown(() => rmSync(copy, { recursive: true }))
  const cases: [name: string, kind: string, message: RegExp, edit: () => void][] = [
    [
      'an edited word',
      'edited',
      /line 2.*was edited/,
      () =>
        writeFileSync(first, readFileSync(first, 'utf8').replace('"version":"1"', '"version":"2"'))
    ],
    [
      'a removed line',
      'removed',
      /^entry 4 is missing before entry 5/,
      () => writeFileSync(first, linesIn(first).toSpliced(3, 1).join('\n') + '\n')
    ],
    [
      'a doubled line',
      'inserted',
      /^entry 4 stands behind entry 4/,
      () =>
        writeFileSync(
          first,
          linesIn(first)
            .toSpliced(3, 0, linesIn(first)[3] as string)
            .join('\n') + '\n'
        )
    ],
    [
      'a file that is gone',
      'removed',
      /^entries 1 to \d+ are missing, and nothing/,
      () => rmSync(first)
    ],
    [
      'lines cut off at the end',
      'truncated',
      /^the record ends at entry \d+, but the note beside the key says \d+/,
      () =>
        writeFileSync(
          files.at(-1) as string,
          linesIn(files.at(-1) as string)
            .slice(0, -2)
            .join('\n') + '\n'
        )
    ],
    [
      'part of a line',
      'truncated',
      /ends within a line/,
      () =>
        writeFileSync(files.at(-1) as string, readFileSync(files.at(-1) as string).subarray(0, -5))
    ],
    [
      'a signature',
      'bad signature',
      /^the signature of checkpoint/,
      () =>
        writeFileSync(
          second,
          readFileSync(second, 'utf8').replace(
            /"signature":"(.)/,
            (_, digit) => `"signature":"${digit === 'a' ? 'b' : 'a'}`
          )
        )
    ]
  ]
  for (const [name, kind, message, edit] of cases) {
    edit()
    const { problems } = await verify(place)
    t.ok(
      problems.some((problem) => problem.kind === kind && message.test(problem.message)),
      `${name}: ${JSON.stringify(problems)}`
    )
    cpSync(copy, folder, { recursive: true })
  }
})

t.test('a record that was rewritten is found by its key, or by the log', async (t) => {
  const folder = t.testdir()
  const place = await sample(folder)
  const { head } = await verify(place)
  // By an attacker who has only the folder, and uses a key of their own.
  rmSync(dirname(place.path), { recursive: true })
  const stranger = recordIn(folder)
  const { audit } = openAudit({ ...stranger, keyPath: `${folder}/key-of-a-stranger.pem` })
  for (let i = 0; i < head.seq + 5; i++) audit.note('write', { id: `other${i}` })
  await audit.close()
  const { problems } = await verify(place)
  t.ok(
    problems.some(({ kind }) => kind === 'unknown key'),
    'its key is not ours'
  )
  t.ok(problems.some(({ kind, message }) => kind === 'edited' && /rewritten/.test(message)))
  // By an attacker who has the key and the note as well: only the log shows it.
  rmSync(dirname(place.path), { recursive: true })
  rmSync(place.headPath)
  const own = openAudit(recordIn(folder))
  for (let i = 0; i < head.seq + 5; i++) own.audit.note('write', { id: `other${i}` })
  await own.audit.close()
  t.same((await verify(place)).problems, [], 'nothing in the record tells')
  t.match((await verify(place, [head])).problems, [{ kind: 'edited', message: /the log says/ }])
})

t.test('a record that was truncated continues after what is missing', async (t) => {
  const place = await sample(t.testdir())
  const { head, files } = await verify(place)
  const last = files.at(-1) as string
  writeFileSync(last, linesIn(last).slice(0, -3).join('\n') + '\n')
  const { audit, log } = openAudit(place)
  await audit.append('write', { id: 'after' })
  await audit.close()
  t.match(log.join(), /were written: `scale-bridge audit verify` says what is missing/)
  const { problems } = await verify(place)
  t.match(problems, [
    { kind: 'removed', message: /^entries \d+ to \d+ are missing before entry \d+/ }
  ])
  t.ok((await verify(place)).head.seq > head.seq)
})
