import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../../src/lib/files/package-info.ts'

/**
 * What OpenWebUI declares and this trial does not need: models that run in its own process, and readers of
 * files, stores and searches that no step uses. With `USE_SLIM_DOCKER` OpenWebUI starts without them.
 */
export const leftOut = `
  accelerate einops faster-whisper onnxruntime rapidocr sentence-transformers sentencepiece
  transformers opencv-python-headless pyarrow pandas rank-bm25 chromadb opensearch-py psycopg
  pymysql google-cloud-storage azure-ai-documentintelligence azure-identity azure-storage-blob
  docx2txt ftfy msoffcrypto-tool openpyxl pypandoc pypdf python-docx python-pptx pyxlsb xlrd
  pydub soundfile ddgs fake-useragent youtube-transcript-api anthropic openai googleapis-
  common-protos`
  .trim()
  .split(/\s+/)

/** What it imports, and has by way of what is left out alone. */
const alsoNeeded = ['numpy', 'typer']

/** OpenWebUI cannot be had here and now; no fault of the bridge. */
export class Unavailable extends Error {}

/** An OpenWebUI that is installed. */
export interface Installed {
  version: string
  python: string
  /** The program to run. */
  command: string
}

interface Ran {
  code: number | null
  output: string
}

async function run(command: string, args: string[], cwd?: string): Promise<Ran> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { code, output }
}

/** The version of a Python, such as 3.11.7. */
async function pythonVersion(python: string): Promise<string> {
  const { code, output } = await run(python, ['--version']).catch(() => ({ code: 1, output: '' }))
  const version = /^Python (\S+)/.exec(output)?.[1]
  if (code !== 0 || version === undefined)
    throw new Unavailable(`no Python here (${python}): name one in PYTHON`)
  return version
}

/** Where packages come from is for pip to know. */
const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--retries', '1']

async function pipInstall(python: string, words: string[]): Promise<void> {
  const { code, output } = await run(python, [...pip, ...words])
  if (code === 0) return
  const [why = output] = output.split('\n').filter((line) => line.startsWith('ERROR'))
  throw new Unavailable(`the package open-webui cannot be had here: ${why.trim()}`)
}

const named = (requirement: string): string => /^[\w.-]+/.exec(requirement)?.[0] ?? ''

/** What the installed package requires, without what is left out, in the versions it names. */
async function requirementsIn(venv: string): Promise<{ version: string; needed: string[] }> {
  const [lib = ''] = await readdir(join(venv, 'lib'))
  const packages = join(venv, 'lib', lib, 'site-packages')
  const info = (await readdir(packages)).find((name) => /^open_webui-.*\.dist-info$/.test(name))
  const text = await readFile(join(packages, info ?? '', 'METADATA'), 'utf8')
  const needed = [...text.matchAll(/^Requires-Dist: (.*)$/gm)]
    .map(([, requirement = '']) => requirement)
    .filter((each) => !each.includes('extra ==') && !leftOut.includes(named(each)))
  return { version: /^Version: (\S+)$/m.exec(text)?.[1] ?? '', needed }
}

async function installInto(venv: string, python: string, version: string): Promise<void> {
  const { code, output } = await run(python, ['-m', 'venv', venv])
  if (code !== 0) throw new Unavailable(`${python} makes no virtual environment: ${output.trim()}`)
  const own = join(venv, 'bin', 'python')
  await pipInstall(own, ['--no-deps', version === '' ? 'open-webui' : `open-webui==${version}`])
  const { needed } = await requirementsIn(venv)
  const list = join(venv, 'requirements.txt')
  await writeFile(list, `${[...needed, ...alsoNeeded].join('\n')}\n`)
  await pipInstall(own, ['--requirement', list])
}

/**
 * OpenWebUI in a virtual environment under the project's cache, installed where it is not there yet: the
 * newest that this Python takes, or the given version.
 * @throws Unavailable where Python is missing, or pip cannot get the package
 */
export async function installOpenWebUi(version = ''): Promise<Installed> {
  const python = process.env['PYTHON'] ?? 'python3'
  const found = await pythonVersion(python)
  const base = process.env['XDG_CACHE_HOME'] ?? join(packageRoot, 'node_modules', '.cache')
  const cache = join(base, 'openwebui')
  const venv = join(cache, `${version === '' ? 'newest' : version}-python-${found}`)
  if (!existsSync(join(venv, 'installed'))) {
    // A virtual environment cannot be moved: one that was begun and not finished begins again.
    await rm(venv, { recursive: true, force: true })
    await mkdir(cache, { recursive: true })
    process.stdout.write('Installing OpenWebUI: this takes a few minutes\n')
    await installInto(venv, python, version)
    await writeFile(join(venv, 'installed'), '')
  }
  const installed = await requirementsIn(venv)
  return { version: installed.version, python: found, command: join(venv, 'bin', 'open-webui') }
}
