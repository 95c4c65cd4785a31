import { openCatalog, type OpenCatalog } from '../catalog/import/import.ts'
import { loadClusterLocation } from '../config/config.ts'
import { catalogFileOf } from './catalog-path.ts'
import type { Environment } from '../config/env-file.ts'
import { type Io, warn } from './io/io.ts'

/** The catalog that the bridge would use with these settings; of no cluster: the bundled one. */
export async function clusterCatalog(io: Io, env: Environment): Promise<OpenCatalog> {
  const location = loadClusterLocation(env)
  const opened = await openCatalog(
    location === undefined ? undefined : catalogFileOf(io.cwd, location),
    location?.nodes ?? []
  )
  if (opened.source.kind === 'bundled' && opened.source.problem !== undefined)
    warn(io, `The imported catalog is not used, but the bundled one. ${opened.source.problem}`)
  return opened
}
