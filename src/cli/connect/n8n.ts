import { connectionName } from './identity.ts'

/** What to enter in the nodes "MCP Client Tool" and "MCP Client" of n8n, by the names of its fields. */
export const n8nFields = (url: string, token: string): [field: string, value: string][] => [
  ['Endpoint', url],
  ['Server Transport', 'HTTP Streamable'],
  ['Authentication', 'Bearer Auth'],
  ['Credential name', connectionName],
  ['Bearer Token', token],
  ['Tools to Include', 'Selected: those that the workflow needs']
]
