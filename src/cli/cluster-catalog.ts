import { openCatalog, type OpenCatalog } from '../catalog/import/import.ts'
import { loadClusterLocation } from '../config/config.ts'
import { catalogFileOf } from './catalog-place.ts'
import type { Environment } from '../config/env-file.ts'
import { warn } from './io/terminal.ts'

/** The catalog that the bridge would use with these settings; of no cluster: the bundled one. */
export async function clusterCatalog(env: Environment): Promise<OpenCatalog> {
  const place = loadClusterLocation(env)
  const opened = await openCatalog(
    place === undefined ? undefined : catalogFileOf(place),
    place?.nodes ?? []
  )
  if (opened.source.kind === 'bundled' && opened.source.problem !== undefined)
    warn(`The imported catalog is not used, but the bundled one. ${opened.source.problem}`)
  return opened
}
