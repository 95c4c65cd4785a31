import type { ValidateFunction } from 'ajv'

/** A check that is compiled, but for the schema that its errors point to. */
export type BuiltCheck = (schema: object) => ValidateFunction

/**
 * The checks of all input schemas, by the SHA-256 of the schema's JSON. The build puts them here
 * (openapi/built-checks.ts): compiling one costs a first call as much as all the rest. None where the
 * sources run.
 */
export const builtChecks: ReadonlyMap<string, BuiltCheck> = new Map()
