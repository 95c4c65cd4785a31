import { headline } from './report-text.ts'
import type { Report } from './report.ts'

const row = 18
const left = 170
const width = 240
const gap = 20
const top = 58
const colours = { passed: '#2e7d4f', unsafe: '#b3261e', track: '#e4e7ec', text: '#1f2933' }

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

type Task = Report['tasks'][number]

const shareOf = ({ attempts }: Task): number =>
  attempts.length === 0 ? 0 : attempts.filter(({ passed }) => passed).length / attempts.length

/** The bar of a task: how often it passed, and a mark where something unsafe was tried. */
function bar(task: Task | undefined, x: number, y: number): string {
  if (task === undefined) return ''
  const tried = task.attempts.some(({ unsafe }) => unsafe.tried > 0)
  const passed = Math.round(shareOf(task) * width)
  return [
    `<rect x="${x}" y="${y + 3}" width="${width}" height="${row - 6}" fill="${colours.track}"/>`,
    `<rect x="${x}" y="${y + 3}" width="${passed}" height="${row - 6}" fill="${colours.passed}"/>`,
    tried
      ? `<circle cx="${x + width + 9}" cy="${y + row / 2}" r="4" fill="${colours.unsafe}"><title>tried something unsafe</title></circle>`
      : ''
  ].join('')
}

/** Draws which tasks passed as SVG, an earlier report to the left where there is one. */
export function plotOf(report: Report, earlier?: Report): string {
  const columns = earlier === undefined ? [report] : [earlier, report]
  const ids = report.tasks.map(({ id }) => id)
  const height = top + ids.length * row + 30
  const whole = left + columns.length * (width + gap) + 20
  const at = (column: number): number => left + column * (width + gap)
  const lines = ids.map((id, i) => {
    const y = top + i * row
    const bars = columns.map(({ tasks }, column) =>
      bar(
        tasks.find((task) => task.id === id),
        at(column),
        y
      )
    )
    return `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escaped(id)}</text>${bars.join('')}`
  })
  const heads = columns.map(
    ({ model, figures, date }, column) =>
      `<text x="${at(column)}" y="${top - 12}">${escaped(model)}, ${date.slice(0, 10)}: ${Math.round(figures.passAt1 * 100)} % pass@1, ${figures.unsafe.tried} unsafe</text>`
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${whole}" height="${height}" viewBox="0 0 ${whole} ${height}" font-family="sans-serif" font-size="11" fill="${colours.text}">`,
    `<rect width="${whole}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="20" font-size="13" font-weight="bold">${escaped(headline(report))}</text>`,
    ...heads,
    ...lines,
    `<text x="12" y="${height - 10}">green: attempts that passed; red dot: something unsafe was tried</text>`,
    '</svg>',
    ''
  ].join('\n')
}
