import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'

/**
 * The programs of others that the bridge is tried with. They are fetched when they are needed, for
 * together they are larger (about 360 MB) than all that the bridge is built with.
 */
export const versions = {
  '@modelcontextprotocol/conformance': '0.2.0-alpha.12',
  '@modelcontextprotocol/inspector': '2.12.0',
  'mcp-remote': '0.15.1',
  '@redocly/cli': '2.77.0',
  '@stoplight/spectral-cli': '6.16.3'
} as const

/** The Node.js that runs the suite where this one is too old for it. */
const nodeVersion = '24.21.0'
const oldestForSuite = 22

/** Where packages come from, and where they are kept. */
export interface Source {
  cache: string
  /** The environment of npm: it names the registry where it is another than usual. */
  env: NodeJS.ProcessEnv
}

export const usual: Source = {
  cache: join(packageRoot, 'node_modules', '.cache', 'conformance'),
  env: process.env
}

/** What npm says where a package cannot be had: no way to the registry, or not in it. */
const unavailable =
  /npm (?:error|ERR!) code (ECONN\w+|E\w*TIMEDOUT|E\w*TIMEOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOTCACHED|ETARGET|E40[134]|E5\d\d)/

/** The packages cannot be had here and now; no fault of the bridge. */
export class Unavailable extends Error {}

const npmArgs = [
  'install',
  '--save-exact',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-timeout=60000'
]

async function npmInstall(folder: string, specs: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('npm', [...npmArgs, '--prefix', folder, ...specs], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code === 0) return
  const why = unavailable.exec(stderr)?.[1]
  const names = specs.join(' ')
  if (why === undefined) throw new Error(`npm install ${names} failed:\n${stderr}`)
  throw new Unavailable(`${names} cannot be had here (${why})`)
}

/**
 * A folder with these packages in its node_modules, fetched where it is not there yet. Nothing of them
 * runs while they are installed.
 * @param packages names with versions; the first is what the others are for
 * @throws Unavailable where the registry cannot be reached or has no such version
 */
export async function folderWith(
  packages: Readonly<Record<string, string>>,
  { cache, env }: Source = usual
): Promise<string> {
  const specs = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  const folder = join(
    cache,
    specs.map((spec) => spec.replace(/(?<!^)@/, '-').replace('/', '+')).join('_')
  )
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  // Whole or not at all, also when it is ended in the middle or runs twice at once.
  const making = await mkdtemp(join(cache, '.making-'))
  try {
    await writeFile(join(making, 'package.json'), '{"private":true}\n')
    await npmInstall(making, specs, env)
    await rename(making, folder)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** A program ready to run: `spawn(command, [...args, …])`. */
export interface Program {
  command: string
  args: string[]
}

/** The file a package starts with. */
export async function binOf(folder: string, name: string, bin: string): Promise<string> {
  const root = join(folder, 'node_modules', name)
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    bin: Record<string, string>
  }
  const file = manifest.bin[bin]
  if (file === undefined) throw new Error(`${name} has no program ${bin}`)
  return join(root, file)
}

/** The package that holds the Node.js program itself; `node` only installs it by a script. */
function nodePackage(): string {
  const { platform, arch } = process
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`
}

/** A Node.js that the suite runs on: this one where it is new enough. */
export async function newNode(source = usual): Promise<string> {
  if (Number(process.versions.node.split('.')[0]) >= oldestForSuite) return process.execPath
  const name = nodePackage()
  return binOf(await folderWith({ [name]: nodeVersion }, source), name, 'node')
}

export interface Wanted {
  name: keyof typeof versions
  /** The program's name among those of the package. */
  bin: string
  /** It does not run on the oldest Node.js that the bridge runs on. */
  needsNewNode?: boolean
}

/**
 * A program of these packages.
 * @throws Unavailable where it cannot be had
 */
export async function program(
  { name, bin, needsNewNode = false }: Wanted,
  source = usual
): Promise<Program> {
  const command = needsNewNode ? await newNode(source) : process.execPath
  const folder = await folderWith({ [name]: versions[name] }, source)
  return { command, args: [await binOf(folder, name, bin)] }
}

/** The same, or why the tests with it are skipped. */
export async function orSkip(
  wanted: Wanted
): Promise<{ program: Program; skip: false } | { program: undefined; skip: string }> {
  try {
    return { program: await program(wanted), skip: false }
  } catch (error) {
    if (error instanceof Unavailable) return { program: undefined, skip: error.message }
    throw error
  }
}
