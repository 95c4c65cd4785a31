import { packageVersion } from '../lib/package-info.ts'

/** Who the server says it is. */
export const serverInfo = {
  name: 'scale-bridge',
  title: 'SCALE Computing HyperCore',
  version: packageVersion
} as const
