import type { AuditFiles } from '../audit/open-record.ts'
import type { ClusterConfig } from '../config/config.ts'

/** Where a bridge keeps its record. Paths are absolute: see `withPathsFrom`. */
export const auditFilesOf = (config: ClusterConfig): AuditFiles => ({
  path: config.auditFile,
  keyPath: config.auditKey,
  maxBytes: config.auditMaxBytes,
  keepMs: config.auditKeepMs
})
