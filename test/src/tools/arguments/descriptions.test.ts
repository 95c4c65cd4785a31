import t from 'tap'
import { tools } from '../../../../src/app.ts'
import type { Tool } from '../../../../src/tools/define-tool.ts'
import { coerceArguments } from '../../../../src/tools/arguments/coerce.ts'

/** Values of the one spelling that there is, which nothing else could be given for. */
const asTheyAre = new Set(['createVM operatingSystem', 'plan steps', 'run_api query'])

/** What a small model takes for a value: digits, quotes, a drive, a field with its value. */
const copied = /\d|"|\b[A-Z]:|\b(?!field\b|tag:TAG)\w+:\w/

interface Argument {
  tool: Tool
  name: string
  description: string
  isText: boolean
  isRequired: boolean
}

const listed = tools.flatMap((tool) =>
  Object.entries(tool.input.properties).flatMap(([name, schema]): Argument[] => {
    const { type, description, enum: words } = schema as Record<string, unknown>
    if (schema['x-unlisted'] === true || typeof description !== 'string') return []
    if (Array.isArray(words) || !['string', 'array'].includes(String(type))) return []
    const isRequired = tool.input.required?.includes(name) ?? false
    return [{ tool, name, description, isText: type === 'string', isRequired }]
  })
)

t.test('no description of an argument holds a value that could be copied', async (t) => {
  t.ok(listed.length > 40)
  t.same(
    listed
      .filter(({ tool, name }) => !asTheyAre.has(`${tool.name} ${name}`))
      .filter(({ description }) => copied.test(description))
      .map(({ tool, name, description }) => `${tool.name} ${name}: ${description}`),
    []
  )
})

t.test('a description of several words that is given as the value is left out', async (t) => {
  const optional = listed.filter(
    ({ isText, isRequired, description }) => isText && !isRequired && description.includes(' ')
  )
  t.ok(optional.length > 20)
  for (const { tool, name, description } of optional) {
    const { args, notes } = coerceArguments(tool, { [name]: description })
    t.same(args, {}, `${tool.name} ${name}`)
    t.match(notes, [`left out, nothing given: ${name}`])
  }
})
