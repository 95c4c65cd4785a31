import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { anchorsIn, docPages, fencesIn, proseOf, readPage, withoutFences } from '../helper/docs.ts'
import { missingPrograms, run } from '../helper/shell.ts'

const linkPattern = /\[(?:[^\]]|\](?!\())*\]\(([^)\s]+)\)/g

t.test('every link leads somewhere', async (t) => {
  t.ok(docPages.length > 25, `${docPages.length} pages`)
  for (const page of docPages) {
    const targets = [...withoutFences(readPage(page)).matchAll(linkPattern)].map(
      ([, target = '']) => target
    )
    for (const target of targets.filter((each) => !/^(https?|mailto):/.test(each))) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : posix.join(dirname(page), path)
      if (!t.ok(existsSync(join(packageRoot, file)), `${page}: ${target}`)) continue
      if (anchor !== undefined)
        t.ok(anchorsIn(readPage(file)).includes(anchor), `${page}: section ${target}`)
    }
  }
})

t.test('every page is reached from the index', async (t) => {
  const index = readPage('docs/README.md')
  for (const page of docPages.filter((each) => /^docs\/./.test(each) && each !== 'docs/README.md'))
    t.match(index, `](${page.slice('docs/'.length)})`, page)
})

t.test('scripts that are named exist', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = new Set(
    docPages.flatMap((page) =>
      [...readPage(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name)
    )
  )
  for (const name of named) t.ok(scripts[name], `npm run ${name}`)
})

t.test('the README is short', async (t) => {
  const lines = readPage('README.md').split('\n').length
  t.ok(lines <= 250, `${lines} lines`)
  const { size } = statSync(join(packageRoot, 'docs', 'demo.png'))
  t.ok(size < 200 * 1024, `its picture is ${size} bytes`)
})

/** A name that none of us has registered: anyone who does could run a program on the reader's machine. */
t.test('no line makes npx fetch a package of our name', async (t) => {
  const files = [...docPages, 'compose.yaml', 'compose.demo.yaml', 'Dockerfile']
  for (const file of files)
    t.notMatch(
      readPage(file),
      /npx (?:-\S+ )*scale-bridge|npm (?:i|install|exec) .*scale-bridge/,
      file
    )
})

t.test('a bridge that is not running is not passed over in silence', async (t) => {
  for (const page of docPages) t.notMatch(withoutProse(page), /curl -sk? /, `${page}: curl -sS`)
})

/** The code of a page, in blocks and in lines. */
function withoutProse(page: string): string {
  const text = readPage(page)
  return [...fencesIn(text).map(({ code }) => code), ...(text.match(/`[^`\n]+`/g) ?? [])].join('\n')
}

t.test('blocks of JSON and YAML can be read', async (t) => {
  for (const page of docPages)
    for (const { info, code } of fencesIn(readPage(page))) {
      const name = `${page}: ${code.slice(0, 40)}`
      if (info.startsWith('json')) t.doesNotThrow(() => JSON.parse(code) as unknown, name)
      if (info === 'yaml')
        t.same(
          parseAllDocuments(code).flatMap(({ errors }) => errors),
          [],
          name
        )
    }
})

t.test('blocks of shell are shell', { skip: missingPrograms('bash') }, async (t) => {
  for (const page of docPages)
    for (const { info, code } of fencesIn(readPage(page)))
      if (info === 'sh') {
        // `<address of this repository>` is for the reader to fill in.
        const input = code.replaceAll(/<[a-z][a-z ]+>/g, 'x')
        const { exitCode, stderr } = await run('bash', ['-n'], { input })
        t.equal(exitCode, 0, `${page}: ${stderr || code.slice(0, 40)}`)
      }
})

t.test('words are those of the glossary', async (t) => {
  const glossary = readPage('CONTRIBUTING.md').split('\n## How we write\n')[1] ?? ''
  const avoided = glossary
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) => (line.split('|')[3] ?? '').split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== 'never' && !word.startsWith('-'))
  t.ok(avoided.length > 8, avoided.join(', '))
  const pattern = new RegExp(`\\b(?:${avoided.join('|')})(?:s|es|ed|ing)?\\b`, 'gi')
  for (const page of docPages) {
    const prose = proseOf(readPage(page)).replace(/\n## How we write\n[\s\S]*/, '')
    t.same(
      [...prose.matchAll(pattern)].map(([word]) => word),
      [],
      page
    )
  }
})
