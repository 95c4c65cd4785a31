import type { ServerResponse } from 'node:http'

/** Responds with a value as JSON, and ends the response. */
export const sendJson = (response: ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
