import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { loadCatalog } from '../../src/catalog/load.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { docPages, readPage, withoutFences } from '../helper/docs.ts'
import { sources } from '../helper/source-files.ts'

/** Turns of phrase that no reader is to find, with what to write for them. */
const avoided: readonly (readonly [RegExp, string])[] = [
  [/\b(?<!\bthere )(?:is|are) no (?!longer\b|such\b)/i, 'is not a …, unknown …'],
  [
    /\bwhoever\b|\bwho (?:asked?|asks|looks|reads this|begins|lives)\b/i,
    'a caller that …, the requester'
  ],
  [/\bnobody\b/i, 'no user, no token; or the passive'],
  [/\bgoes on\b|(?<!\blet it )\bgo on\b/i, 'continues, keeps running, retries'],
  [/\blets? it run on\b/i, 'resumes it'],
  [/\b(?:takes?|taken|took)(?: (?:it|both|an? \w+))? back\b/i, 'undo'],
  [/\bsigns? of life\b/i, 'a heartbeat, a ping'],
  [/\btold of\b|\bis told\b|\bare told\b|\bis needed\b/i, 'notified of, reported; is required'],
  [/\bgive (?:the uuid|\$\{|(?:its|an?other) (?:id|uuid|address|name)\b)/i, 'pass, specify'],
  [/\bmade out to\b/i, 'issued for'],
  [/\bholds now\b/i, 'the current state'],
  [/\bso many\b/i, 'the number of …'],
  [/\banew\b/i, 'again'],
  [/\bbears? (?:an?|the|one|that|their) /i, 'has'],
  [/\b(?:is|was|are|were) gone\b/i, 'was deleted, has ended, no longer exists'],
  [
    /\bmak(?:es?|ing) (?:an? )?(?:new )?(?:VM|token|copy|clone|snapshot|schedule|disk|drive|plan)\b/i,
    'creates'
  ],
  [/\b(?:VM|token|copy|clone|snapshot|schedule|plan|disk) (?:is|was) made\b/i, 'is created'],
  [/\bwants it\b|\b(?:cluster|node|tool|bridge) wants\b/i, 'requires, should be'],
  [/\b(?:cluster|node|bridge|API|tool)(?: that)? answer(?:s|ed)?\b|\bis answered\b/i, 'responds'],
  [/\b(?:healed|heals|blanked)\b/i, 'coerced, redacted']
]

/** What comments and names of tests are not to have besides. */
const avoidedInComments: typeof avoided = [
  ...avoided,
  [/\bmend(?:s|ed)?\b/i, 'correct, repair, coerce'],
  [/\bbears?\b/i, 'has'],
  [/\bin vain\b/i, 'for nothing, without a response'],
  [/\bheld against\b/i, 'compared with, counts against'],
  [/\bsomebody\b|\bsomeone\b/i, 'another user, caller or process'],
  [/\b(?:came|comes?|became|becomes?) of\b/i, 'the outcome, the result'],
  [/\btaken for ended\b/i, 'presumed ended']
]

/** Words that are data: what is not looked for in a text. */
const exempt: readonly string[] = ['src/views/text/common-words.ts', 'src/model-bench/words.ts']

const isExempt = (file: string): boolean => exempt.includes(file)

const commentPattern = /^\s*\/\*[\s\S]*?\*\/$|(?:^|\s)\/\/ .*$/gm

/** A module without its comments: what remains of its sentences is in its texts. */
const withoutComments = (code: string): string => code.replaceAll(commentPattern, '')

/** Its comments, and the names of the tests in it, each as one line. */
const commentsAndNames = (code: string): string =>
  [
    ...(code.match(commentPattern) ?? []),
    ...[...code.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(
      ([, , name = '']) => name
    )
  ]
    .map((text) => text.replaceAll(/\s+(?:\* )?/g, ' '))
    .join('\n')

/** What a text holds of them, each with what surrounds it. */
const foundIn = (text: string, patterns = avoided): string[] =>
  patterns.flatMap(([pattern, instead]) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(({ 0: words, index }) => {
      const around = text.slice(Math.max(0, index - 30), index + words.length + 30)
      return `${around.replaceAll(/\s+/g, ' ')}: write ${instead}`
    })
  )

t.test('no message uses a turn of phrase that is avoided', async (t) => {
  const modules = [...sources].filter(
    ([file]) => /^(?:src|plugins|routes)\//.test(file) && !isExempt(file)
  )
  t.ok(modules.length > 250, `${modules.length} modules`)
  for (const [file, code] of modules) t.same(foundIn(withoutComments(code)), [], file)
})

t.test('nor does a description in the catalog', async (t) => {
  const { paths, components } = loadCatalog().document
  const texts = JSON.stringify([paths, components]).matchAll(
    /"(?:description|summary)":("(?:[^"\\]|\\.)*")/g
  )
  const found = [...texts].map(([, text = '']) => JSON.parse(text) as string)
  t.ok(found.length > 1000, `${found.length} texts`)
  for (const text of new Set(found)) {
    const [first = ''] = text.split(' ')
    t.notOk(['Answers', 'Makes'].includes(first) && text !== 'Makes the copy read-only.', text)
    t.same(foundIn(text), [], text)
  }
})

t.test('nor does a page', async (t) => {
  const pages = docPages.filter(
    (page) =>
      /^(?:docs\/|openapi\/|(?:README|SECURITY|CHANGELOG)\.md$)/.test(page) && !isExempt(page)
  )
  t.ok(pages.length > 25, `${pages.length} pages`)
  for (const page of pages) t.same(foundIn(withoutFences(readPage(page))), [], page)
})

t.test('nor does a comment or the name of a test', async (t) => {
  const tests = readdirSync(join(packageRoot, 'test'), { recursive: true, withFileTypes: true })
    .filter(({ name }) => /\.(?:ts|mjs)$/.test(name) && name !== 'wording.test.ts')
    .map(({ parentPath, name }) => join(parentPath, name))
  t.ok(tests.length > 400, `${tests.length} files`)
  const texts = [
    ...sources,
    ...tests.map((path) => [relative(packageRoot, path), readFileSync(path, 'utf8')] as const)
  ]
  for (const [file, code] of texts)
    t.same(foundIn(commentsAndNames(code), avoidedInComments), [], file)
  for (const code of [
    '/** Read anew. */\n',
    '/**\n * What takes\n * it back.\n */\n',
    'f() // for whoever asks\n',
    "t.test('one that bears tags', f)",
    't.test(\n  "it is sent in vain", f)'
  ])
    t.equal(foundIn(commentsAndNames(code), avoidedInComments).length, 1, code)
  t.same(foundIn(commentsAndNames("bears(vm, 'anew')"), avoidedInComments), [])
})

t.test('the list of what is avoided finds it', async (t) => {
  for (const text of [
    '"color" is no field',
    'ask whoever runs the bridge',
    'nobody may give it',
    'the task goes on',
    'cannot be taken back',
    'asks for a sign of life',
    'pass it, or give the uuid',
    'every VM that bears the tag',
    'the VM is gone',
    'makes a new VM',
    'the cluster wants it RUNNING',
    'the node answers'
  ])
    t.not(foundIn(text).length, 0, text)
  for (const text of [
    'There is no VM',
    'it is no longer held',
    'undo reverts it',
    'give it memory'
  ])
    t.same(foundIn(text), [], text)
  t.equal(withoutComments("/** Whoever asks. */\nf('x') // nobody\n"), "\nf('x')\n")
})
