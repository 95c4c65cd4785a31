/**
 * What the bridge takes from its clients. No settings: nothing that a call needs comes near them.
 * Depth and size of JSON are in json-depth.ts and json-size.ts, the time of a request in timings.ts.
 */

/** A body in bytes, before it is read. */
export const maxBodyBytes = 256 * 1024

/** That of a tool that takes records or a guest's configuration, and of an MCP message, which may call one. */
export const maxLargeBodyBytes = 1024 * 1024

/** Connections at once; a client has one or two. */
export const maxConnections = 2000

/** The head of a request has to arrive within this many ms. */
export const headersMs = 15_000

/** Refused tokens of one address in a minute, before it has to wait. */
export const maxRefusalsPerMinute = 60

/** Lines of the log in a minute for requests without a token from one address. */
export const maxStrangerLinesPerMinute = 120

/** A path as far as it is logged or repeated. */
export const maxPathLength = 200

/** Bytes as messages write them. */
export const inBinaryUnits = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${bytes / (1024 * 1024)} MiB` : `${bytes / 1024} KiB`
