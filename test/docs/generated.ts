import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import type { TestBridge } from '../helper/bridge.ts'
import { fencesIn } from '../helper/docs.ts'
import { runCli } from '../helper/run-cli.ts'
import { run } from '../helper/shell.ts'
import { aliasTable, coercionTable } from './argument-tables.ts'
import { attentionTable, thresholdTable } from './attention-tables.ts'
import { effectTable } from './effect-tables.ts'
import { modelChanges, modelFigures, modelSummary, modelTasks } from './model-tables.ts'
import { secretFileList, settingTable } from './setting-table.ts'
import { familyTable } from './tool-families.ts'

/** Where a reader may have put the program, instead of where it is now. */
const shownRoot = '/opt/scale-bridge'

/** What `connect` prints for a client, with paths of no machine in particular. */
async function connectOutput(words: string[]): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'scale-bridge-docs-')))
  try {
    // Nothing it starts has to be ended.
    const { code, stdout, stderr } = await runCli(
      { teardown: () => undefined },
      ['connect', ...words],
      { cwd: folder }
    )
    if (code !== 0) throw new Error(`connect ${words.join(' ')}: ${stderr}`)
    const text = stdout
      .replaceAll(folder, shownRoot)
      .replaceAll(packageRoot, shownRoot)
      .replaceAll(process.execPath, '/usr/bin/node')
    return `\`\`\`${/^[[{]/.test(text) ? 'json' : 'sh'}\n${text.trim()}\n\`\`\``
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** By the first word of the mark. */
const generators: Record<string, (words: string[]) => string | Promise<string>> = {
  coercion: coercionTable,
  aliases: aliasTable,
  tools: familyTable,
  settings: settingTable,
  'secret-files': secretFileList,
  effects: effectTable,
  attention: attentionTable,
  thresholds: thresholdTable,
  'model-tasks': modelTasks,
  'model-summary': modelSummary,
  'model-figures': modelFigures,
  'model-changes': modelChanges,
  connect: connectOutput
}

const markPattern = /^(<!-- generated: ([^>]+) -->)$[\s\S]*?^(<!-- \/generated -->)$/gm

async function withBlocks(text: string): Promise<string> {
  const blocks = await Promise.all(
    [...text.matchAll(markPattern)].map(async ([, , name = '']) => {
      const [kind = '', ...words] = name.split(' ')
      const generate = generators[kind]
      if (generate === undefined) throw new Error(`nothing generates "${name}"`)
      return await generate(words)
    })
  )
  let at = 0
  return text.replaceAll(
    markPattern,
    (_, begin: string, _name, end: string) => `${begin}\n\n${blocks[at++]}\n\n${end}`
  )
}

/** A bridge whose nodes say where they listen, as those of the demo do. */
export const asDemo = { simulator: { advertise: [] } }

/** Called for pages with output: each has a bridge of its own, where nothing was done before. */
type StartBridge = () => Promise<TestBridge>

const between = '\u0001\n'

/**
 * Fills the blocks that are marked as `output` with what the block of shell before them prints, on
 * a new bridge: one shell runs all that call it, in their order.
 */
async function withOutputs(text: string, startBridge: StartBridge): Promise<string> {
  const fences = fencesIn(text)
  if (!fences.some(({ info }) => info.endsWith(' output'))) return text
  const bridge = await startBridge()
  const calls = fences.filter(({ info, code }) => info === 'sh' && code.includes('curl -'))
  const script = calls
    .map(({ code }) => `${code}\nprintf '${between.replace('\n', '\\n')}'`)
    .join('\n')
    .replaceAll('http://127.0.0.1:5075', bridge.url)
  const { stdout, stderr } = await run('bash', [], {
    input: script,
    env: { MCP_BEARER_TOKEN: bridge.token }
  })
  if (stderr !== '') throw new Error(stderr)
  const printed = new Map(stdout.split(between).map((output, i) => [calls[i], output.trim()]))
  return fences.toReversed().reduce((page, { info, from, to }) => {
    if (!info.endsWith(' output')) return page
    const call = calls.findLast((each) => each.to < from)
    const output = printed.get(call) ?? ''
    const shown = info.startsWith('json')
      ? JSON.stringify(JSON.parse(output), undefined, 2)
      : output
    return `${page.slice(0, from)}${shown}\n${page.slice(to)}`
  }, text)
}

/**
 * A page with everything in it that is generated: what stands between `<!-- generated: … -->` and
 * `<!-- /generated -->`, and the code of blocks marked as `output`.
 */
export async function generatedPage(
  path: string,
  text: string,
  startBridge: StartBridge
): Promise<string> {
  const page = await withOutputs(await withBlocks(text), startBridge)
  const config = await resolveConfig(join(packageRoot, path))
  return format(page, { ...config, parser: 'markdown' })
}

/** Whether anything of a page is generated. */
export const hasGenerated = (text: string): boolean =>
  text.search(markPattern) !== -1 || fencesIn(text).some(({ info }) => info.endsWith(' output'))
