import { Ajv } from 'ajv'
import { build } from 'esbuild'
import t from 'tap'
import { builtChecksModule } from '../../../../openapi/built-checks.ts'
import { tools } from '../../../../routes/index.ts'
import { packageRoot } from '../../../../src/lib/files/package-info.ts'
import type { BuiltCheck } from '../../../../src/tools/arguments/built-checks.ts'
import { checkKey, checkOptions } from '../../../../src/tools/arguments/check.ts'
import type { Tool } from '../../../../src/tools/define-tool.ts'

/** The module as a bundle has it. */
async function loadBuilt(): Promise<ReadonlyMap<string, BuiltCheck>> {
  const { outputFiles } = await build({
    stdin: { contents: builtChecksModule(), resolveDir: packageRoot },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  const module = (await import(`data:text/javascript;base64,${code}`)) as {
    builtChecks: ReadonlyMap<string, BuiltCheck>
  }
  return module.builtChecks
}

const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

// Some are right somewhere, all are wrong elsewhere.
const texts = ['', ' ', 'x', uuid, '52:54:00:12:34:56', 'x'.repeat(5000)]
const lists = [
  [],
  [1],
  ['x'],
  [uuid, uuid],
  [{ name: 'x' }],
  Array.from({ length: 3000 }, () => 'x')
]
const records = [{}, { name: 'x' }, { uuid: 1 }, { [uuid]: [] }]
const values: readonly unknown[] = [
  null,
  true,
  0,
  1,
  -1,
  1.5,
  9,
  1e12,
  ...texts,
  ...lists,
  ...records
]

/** A value of each kind for every argument alone, and for all of them; strangers, and no record at all. */
const argumentsFor = ({ input }: Tool): unknown[] => {
  const names = Object.keys(input.properties)
  const words = names.map((name) => [name, (input.properties[name]?.['enum'] as unknown[])?.[0]])
  return [
    ...values,
    ...names.flatMap((name) => values.map((value) => ({ [name]: value }))),
    ...values.map((value) => Object.fromEntries(names.map((name) => [name, value]))),
    Object.fromEntries(words.map(([name, word]) => [name, word ?? uuid])),
    { strange: 1, stranger: {} }
  ]
}

t.test('the checks of a build find what compiled ones find, and say the same of it', async (t) => {
  const built = await loadBuilt()
  let right = 0
  for (const tool of tools) {
    const check = built.get(checkKey(tool.input))?.(tool.input)
    const compiled = new Ajv(checkOptions).compile(tool.input)
    let wrong = 0
    for (const args of argumentsFor(tool)) {
      const [isRight, shouldBe] = [check?.(args), compiled(args)]
      if (isRight) right += 1
      else wrong += 1
      if (isRight !== shouldBe || JSON.stringify(check?.errors) !== JSON.stringify(compiled.errors))
        t.same(check?.errors, compiled.errors, `${tool.name} ${JSON.stringify(args).slice(0, 200)}`)
      // What an error is explained by is the schema of the tool, with what JSON does not have.
      for (const [at, error] of (check?.errors ?? []).entries())
        if (error.parentSchema !== compiled.errors?.[at]?.parentSchema)
          t.fail(`${tool.name} ${error.instancePath} ${error.keyword} is explained by a copy`)
    }
    t.ok(wrong > 20, `${tool.name}: ${wrong} wrong`)
  }
  t.ok(right > 100, `${right} right`)
})
