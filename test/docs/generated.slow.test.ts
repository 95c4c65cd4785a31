import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { docPages, readPage } from '../helper/docs.ts'
import { missingPrograms } from '../helper/shell.ts'
import { asDemo, generatedPage, hasGenerated } from './generated.ts'

const pageWith = (mark: string): string => `<!-- generated: ${mark} -->\n<!-- /generated -->\n`

const pages = docPages.filter((path) => hasGenerated(readPage(path)))

/** How long ago the simulated past is changes from day to day. */
const withoutAges = (text: string): string => text.replaceAll(/\b\d+ d\b/g, '# d')

t.test(
  'what is generated in the documentation is up to date',
  { skip: missingPrograms('bash', 'curl') },
  async (t) => {
    t.ok(pages.includes('README.md') && pages.length > 5, pages.join(', '))
    for (const path of pages)
      await t.test(path, async (t) => {
        const page = readPage(path)
        const generated = await generatedPage(path, page, () => startTestBridge(t, asDemo))
        t.equal(withoutAges(page), withoutAges(generated), 'run `npm run docs`')
      })
  }
)

t.test('what cannot be generated is said', async (t) => {
  const start = () => startTestBridge(t, asDemo)
  await t.rejects(generatedPage('x.md', pageWith('nothing'), start), /nothing generates "nothing"/)
  await t.rejects(generatedPage('x.md', pageWith('connect nobody'), start), /connect nobody: /)
})
