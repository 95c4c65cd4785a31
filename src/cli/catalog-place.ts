import { dirname } from 'node:path'
import { catalogFile } from '../catalog/import/store.ts'
import type { ClusterLocation } from '../config/config.ts'

/** Where a document imported for a cluster is kept: beside its session. */
export const catalogFileOf = ({ nodes, sessionFile }: ClusterLocation): string =>
  catalogFile(dirname(sessionFile), nodes)
