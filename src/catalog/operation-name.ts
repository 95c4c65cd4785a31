import type { Operation } from './load.ts'

/** The name of an operation: method and path, outside /rest/v1 with what it stands below. */
export const nameOf = ({ method, base, path }: Operation): string =>
  `${method} ${base === '/rest/v1' ? '' : base}${path}`
