import { dirname, resolve } from 'node:path'
import { catalogFile } from '../catalog/import/store.ts'
import type { ClusterLocation } from '../config/config.ts'

/** Where a document imported for a cluster is kept: next to its session. */
export const catalogFileOf = (cwd: string, { nodes, sessionFile }: ClusterLocation): string =>
  catalogFile(dirname(resolve(cwd, sessionFile)), nodes)
