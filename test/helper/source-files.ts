import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'

const folders = ['src', 'plugins', 'routes', 'openapi', 'mcpb']

/** The modules of the product, from the root. */
export const files: readonly string[] = folders.flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
)

/** Their texts. */
export const sources: ReadonlyMap<string, string> = new Map(
  files.map((file) => [file, readFileSync(join(packageRoot, file), 'utf8')])
)

export interface Import {
  file: string
  /** A file of ours from the root (`src/lib/errors/errors.ts`), or the name of a package. */
  target: string
  own: boolean
  /** Erased by compilation: absent at run time. */
  typeOnly: boolean
  /** What it takes, as written: `{ connect, type Socket }`; empty for `import()`. */
  names: string
}

const importPattern =
  /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

/** What a module imports, however it is written. */
export const importsOf = (file: string, text: string): Import[] =>
  [...text.matchAll(importPattern)].map(([, type, names = '', fixed, dynamic]) => {
    const name = fixed ?? dynamic ?? ''
    const own = name.startsWith('.')
    const target = own ? normalize(join(dirname(file), name)) : name
    return { file, target, own, typeOnly: type !== undefined, names }
  })

export const imports: readonly Import[] = [...sources].flatMap(([file, text]) =>
  importsOf(file, text)
)
