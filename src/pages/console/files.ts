import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../lib/files/package-info.ts'

const folder = join(packageRoot, 'src', 'pages', 'console')

/**
 * The files of the console by name, as browsers get them. esbuild.config.mjs puts their texts in place
 * of this module: the package holds no sources.
 */
export const consoleFiles: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => /\.(?:html|css|js)$/.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')])
)
