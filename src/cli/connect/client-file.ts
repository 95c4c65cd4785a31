import { isDeepStrictEqual } from 'node:util'
import { parse, type ParseError } from 'jsonc-parser'
import { CommandError } from '../../lib/errors/command-error.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import {
  backUpUserFile,
  describeBackup,
  readUserFile,
  writeUserFile
} from '../../lib/files/user-file.ts'
import type { Io } from '../io/io.ts'
import type { ServerEntry } from './claude-desktop.ts'
import type { ClientConfig, HttpClient } from './http-clients.ts'
import { connectionId } from './identity.ts'
import { setInJson } from './json-edit.ts'
import { type OpenWebUiConnection, updatedConnection } from './openwebui.ts'

/** One value in a client's file. */
interface Change {
  path: (string | number)[]
  present: unknown
  next: unknown
}

const refuse = (path: string, problem: string): CommandError =>
  new CommandError(`${path} ${problem}: fix it, or name another file. Nothing was changed`)

/** Reads JSON; comments and trailing commas are kept, and nothing of the text is repeated. */
function readJson(path: string, text: string): unknown {
  const errors: ParseError[] = []
  const document: unknown = parse(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error === undefined) return document
  const line = text.slice(0, error.offset).split('\n').length
  throw refuse(path, `is not valid JSON in line ${line}`)
}

/**
 * Puts values into a client's JSON file, after a backup, and says what was done. What is there
 * already is not written again.
 * @param find the changes, or what is wrong with the file.
 * @throws {CommandError} if the file is of another kind than the client's; it is left alone.
 */
async function putIn(
  { stderr }: Io,
  path: string,
  { empty, secret }: { empty: string; secret: boolean },
  find: (document: unknown) => Change[] | string
): Promise<void> {
  const file = await readUserFile(path)
  const text = file ?? ''
  // Editors on Windows begin a file with this mark, which is not JSON.
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const body = text.slice(mark.length)
  const json = body.trim() === '' ? empty : body
  const found = find(readJson(path, json))
  if (typeof found === 'string') throw refuse(path, found)
  const changes = found.filter(({ present, next }) => !isDeepStrictEqual(present, next))
  if (changes.length === 0) {
    stderr.say(`${path} has it already: nothing was changed`)
    return
  }
  const changed = changes.reduce((all, change) => setInJson(all, change.path, change.next), json)
  const backup = file === undefined ? undefined : await backUpUserFile(path)
  await writeUserFile(path, mark + changed, { secret })
  stderr.say(`Wrote ${path}${backup === undefined ? '' : ` (${describeBackup(backup)})`}`)
}

/** Members of an entry that say how the server is reached; others were set by the user. */
const ways = ['command', 'args', 'env', 'type', 'url', 'httpUrl', 'headers']

/** The change that puts an entry among the servers of a file, or what is wrong with the file. */
function serverChange(
  document: unknown,
  member: HttpClient['servers'],
  entry: JsonObject
): Change | string {
  if (!isObject(document)) return 'does not hold a JSON object'
  const servers = Object.hasOwn(document, member) ? document[member] : {}
  if (!isObject(servers)) return `has something other than an object as ${member}`
  const present = servers[connectionId]
  // Members left by another way of connecting would be taken for part of this one.
  const others = Object.entries(isObject(present) ? present : {}).filter(
    ([name]) => !ways.includes(name)
  )
  return {
    path: [member, connectionId],
    present,
    next: { ...entry, ...Object.fromEntries(others) }
  }
}

/** The change that puts a question among the inputs of a file, in place of one with its id. */
function inputChange(document: JsonObject, input: JsonObject): Change | string {
  const inputs = Object.hasOwn(document, 'inputs') ? document['inputs'] : undefined
  if (inputs === undefined) return { path: ['inputs'], present: undefined, next: [input] }
  if (!Array.isArray(inputs)) return 'has something other than an array as inputs'
  const index = inputs.findIndex((each) => isObject(each) && each['id'] === input['id'])
  const position = index === -1 ? inputs.length : index
  return { path: ['inputs', position], present: inputs[position], next: input }
}

/** Puts the bridge among the servers of Claude Desktop's file. Only in `env` can a token be. */
export const putServerEntry = (io: Io, path: string, entry: ServerEntry): Promise<void> =>
  putIn(io, path, { empty: '{}\n', secret: entry.env !== undefined }, (document) => {
    const change = serverChange(document, 'mcpServers', { ...entry })
    return typeof change === 'string' ? change : [change]
  })

/** Puts the bridge into the file of a client that calls it over HTTP. */
export const putClientConfig = (
  io: Io,
  path: string,
  { servers }: HttpClient,
  { entry, inputs }: ClientConfig,
  secret: boolean
): Promise<void> =>
  putIn(io, path, { empty: '{}\n', secret }, (document) => {
    const server = serverChange(document, servers, entry)
    if (typeof server === 'string') return server
    const questions = inputs.map((input) => inputChange(document as JsonObject, input))
    const problem = questions.find((each) => typeof each === 'string')
    return problem ?? [server, ...questions.filter((each) => typeof each !== 'string')]
  })

/** Puts the bridge among the connections of a file for OpenWebUI. */
export const putConnection = (
  io: Io,
  path: string,
  connection: OpenWebUiConnection
): Promise<void> =>
  putIn(io, path, { empty: '[]\n', secret: true }, (document) => {
    if (!Array.isArray(document)) return 'does not hold a JSON array of connections'
    const connections: unknown[] = document
    const index = connections.findIndex(
      (each) => isObject(each) && isObject(each['info']) && each['info']['id'] === connectionId
    )
    if (index === -1) return [{ path: [connections.length], present: undefined, next: connection }]
    const present = connections[index] as JsonObject
    return [{ path: [index], present, next: updatedConnection(present, connection) }]
  })
