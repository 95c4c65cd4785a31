import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { readPage } from '../helper/docs.ts'

const filesBelow = (folder: string): string[] =>
  readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesBelow(path) : [path]
  })

const sources = ['src', 'plugins', 'routes', 'openapi', 'mcpb', 'examples', 'test']
  .flatMap(filesBelow)
  .filter((path) => /\.(?:ts|sh)$/.test(path))

const number = String.raw`\d+(?:\.\d+)?`
const markPattern = new RegExp(`FACTS (${number}(?:(?:, | and | or | to )${number})*)`, 'g')

t.test('every fact that the code names can be looked up', async (t) => {
  const sections = [...readPage('docs/hypercore.md').matchAll(/^#+ ([\d.]+) \S/gm)].map(
    ([, title]) => title
  )
  t.equal(new Set(sections).size, sections.length, 'each number stands once')
  let marks = 0
  for (const path of sources) {
    // A mark may begin on one line of a comment and end on the next.
    const text = readFileSync(join(packageRoot, path), 'utf8').replaceAll(
      /\n\s*(?:\*|\/\/|#) ?/g,
      ' '
    )
    for (const [mark, numbers = ''] of text.matchAll(markPattern)) {
      marks++
      for (const [section] of numbers.matchAll(new RegExp(number, 'g')))
        t.ok(sections.includes(section), `${path}: ${mark}`)
    }
  }
  t.ok(marks > 150, `${marks} marks`)
})
