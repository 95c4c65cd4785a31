import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { packExtension } from '@anthropic-ai/mcpb/cli'
import { buildUnconnectedApp } from '../openapi/unconnected-app.ts'
import { packageRoot, packageVersion } from '../src/lib/files/package-info.ts'
import { createManifest, entryPoint } from './manifest.ts'

/** What the server needs of the built package, with the same places in the bundle. */
const contents = [
  'dist/cli.js',
  'dist/bundle',
  'dist/licences.txt',
  entryPoint,
  'openapi/hypercore.json',
  'LICENSE'
]

/** Compiled for the Node.js of this machine, which is not that of Claude Desktop. */
const isPortable = (path: string): boolean => !/\.cjs\.[^/\\]*$/.test(path)

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/**
 * Packs the built command line as a bundle for Claude Desktop, with the official tool.
 * @throws if the tool refuses it, or the package is not built.
 */
export async function buildBundle(file: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'scale-bridge-mcpb-'))
  try {
    for (const name of contents) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await cp(join(packageRoot, name), join(folder, name), { recursive: true, filter: isPortable })
    }
    const app = await buildUnconnectedApp()
    await writeFile(join(folder, 'manifest.json'), json(createManifest(app.tools.values())))
    await app.close()
    // The commands look here for their version, and Node.js for the kind of the modules.
    const description = { name: 'scale-bridge', version: packageVersion, type: 'module' }
    await writeFile(join(folder, 'package.json'), json(description))
    const packed = await packExtension({ extensionPath: folder, outputPath: file, silent: true })
    if (!packed) throw new Error('mcpb could not pack the bundle')
  } finally {
    await rm(folder, { recursive: true })
  }
}

if (process.argv[1]?.endsWith('build.ts')) {
  const file = join(packageRoot, 'dist', 'scale-bridge.mcpb')
  await buildBundle(file)
  const { size } = await stat(file)
  process.stdout.write(`${file}: ${Math.round(size / 1024)} KB\n`)
}
