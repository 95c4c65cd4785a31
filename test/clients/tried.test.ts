import t from 'tap'
import { readPage } from '../helper/docs.ts'
import { clients } from './clients.ts'
import { pageOf } from './report.ts'
import { steps } from './steps.ts'
import type { Outcome } from './try-client.ts'

const page = readPage('docs/clients/tried.md')

/** The cells of the row of a client, the first with its name. */
const cellsOf = (client: string): string[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((each) => each.trim())
    )
    .find(([name]) => name === client) ?? []

/** What a cell of the page tells. */
function outcomeOf(step: string, cell = ''): Outcome {
  const [, characters = '0', progress = '0'] = /^(\d+)(?:, (\d+) steps)?$/.exec(cell) ?? []
  const passed = characters !== '0'
  return {
    step,
    passed,
    characters: Number(characters),
    progress: Number(progress),
    problem: undefined
  }
}

/** Without the padding of tables, which is the formatter's. */
const plain = (text: string): string =>
  text.trim().replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---')

t.test(
  'the page of what was tried is what its script writes of these clients and steps',
  async (t) => {
    const tried = clients.map((client) => {
      const [, , ...cells] = cellsOf(client.name)
      const outcomes = steps.map(({ step }, index) => outcomeOf(step, cells[index]))
      return { client, version: Object.values(client.packages)[0] ?? '', outcomes }
    })
    const [, date = '', node = ''] = /^(\d{4}-\d\d-\d\d), Node\.js (v[\d.]+);/m.exec(page) ?? []
    t.equal(plain(page), plain(pageOf(tried, { date, node })))
  }
)
