import { isDeepStrictEqual } from 'node:util'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { CommandError } from '../../lib/command-error.ts'
import { notes } from '../io/terminal.ts'
import { backUpUserFile, readUserFile, writeUserFile } from '../../lib/user-file.ts'
import type { ServerEntry } from './claude-desktop.ts'
import { connectionId } from './identity.ts'
import { setInJson } from './json-edit.ts'
import { type OpenWebUiConnection, updatedConnection } from './openwebui.ts'

/** What is to stand where in a client's file. */
interface Place {
  path: (string | number)[]
  present: unknown
  wanted: unknown
  /** Whether the token is in it. */
  secret: boolean
}

/** ` in line 3`, where the parser says so. Its words are not repeated: they quote the file. */
function lineOf(error: unknown, text: string): string {
  const [, position] = /at position (\d+)/.exec(error instanceof Error ? error.message : '') ?? []
  if (position === undefined) return ''
  return ` in line ${text.slice(0, Number(position)).split('\n').length}`
}

const refuse = (path: string, problem: string): CommandError =>
  new CommandError(`${path} ${problem}: mend it, or name another file. Nothing was changed`)

/**
 * Puts one value into a client's JSON file, after a backup, and says what was done. What is there
 * already is not written again.
 * @throws {CommandError} if the file is of another kind than the client's; it is left alone.
 */
async function putIn(
  path: string,
  empty: string,
  find: (document: unknown) => Place | string
): Promise<void> {
  const file = await readUserFile(path)
  const text = file ?? ''
  // Editors on Windows begin a file with this mark; JSON knows no such sign.
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const body = text.slice(mark.length)
  const json = body.trim() === '' ? empty : body
  let document: unknown
  try {
    document = JSON.parse(json)
  } catch (error) {
    throw refuse(path, `is not valid JSON${lineOf(error, json)}`)
  }
  const place = find(document)
  if (typeof place === 'string') throw refuse(path, place)
  if (isDeepStrictEqual(place.present, place.wanted)) {
    notes.line(`${path} has it already: nothing was changed`)
    return
  }
  const changed = mark + setInJson(json, place.path, place.wanted)
  const backup = file === undefined ? undefined : await backUpUserFile(path)
  await writeUserFile(path, changed, place)
  notes.line(`Wrote ${path}${backup === undefined ? '' : `; what it was is kept in ${backup}`}`)
}

/** Puts the bridge among the servers of Claude Desktop's file. Only in `env` can a token stand. */
export const putServerEntry = (path: string, entry: ServerEntry): Promise<void> =>
  putIn(path, '{}\n', (document) => {
    if (!isObject(document)) return 'does not hold a JSON object'
    const servers = Object.hasOwn(document, 'mcpServers') ? document['mcpServers'] : {}
    if (!isObject(servers)) return 'has something else than an object as mcpServers'
    const present = servers[connectionId]
    // What another way of connecting has left would be taken for a part of this one.
    const { command: _c, args: _a, env: _e, url: _u, ...others } = isObject(present) ? present : {}
    return {
      path: ['mcpServers', connectionId],
      present,
      wanted: { ...entry, ...others },
      secret: entry.env !== undefined
    }
  })

/** Puts the bridge among the connections of a file for OpenWebUI. */
export const putConnection = (path: string, connection: OpenWebUiConnection): Promise<void> =>
  putIn(path, '[]\n', (document) => {
    if (!Array.isArray(document)) return 'does not hold a JSON array of connections'
    const connections: unknown[] = document
    const index = connections.findIndex(
      (each) => isObject(each) && isObject(each['info']) && each['info']['id'] === connectionId
    )
    if (index === -1)
      return {
        path: [connections.length],
        present: undefined,
        wanted: connection,
        secret: true
      }
    const present = connections[index] as JsonObject
    const wanted = updatedConnection(present, connection)
    return { path: [index], present, wanted, secret: true }
  })
