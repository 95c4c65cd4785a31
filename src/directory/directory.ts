import { BridgeError } from '../lib/errors.ts'
import { isObject } from '../lib/json.ts'
import { isUuid } from '../lib/uuid.ts'

/** What the directory says of one VM: a uuid, a name, or both. */
export interface DirectoryEntry {
  uuid?: string
  name?: string
}

const timeoutMs = 8000
const maxResponseBytes = 4 * 1024 * 1024
const uuidNames = ['uuid', 'vmUUID', 'vm_uuid', 'vmUuid', 'id']
const nameNames = ['name', 'vmName', 'vm_name', 'vm', 'hostname', 'host', 'computer']
const listNames = ['vms', 'items', 'results', 'data', 'machines', 'computers']

const firstText = (record: Record<string, unknown>, names: string[]): string | undefined =>
  names.map((name) => record[name]).find((value) => typeof value === 'string' && value !== '') as
    string | undefined

function toEntry(value: unknown): DirectoryEntry | undefined {
  if (typeof value === 'string') return isUuid(value) ? { uuid: value } : { name: value }
  if (!isObject(value)) return undefined
  const id = firstText(value, uuidNames)
  const uuid = id !== undefined && isUuid(id) ? id : undefined
  const name = firstText(value, nameNames)
  return uuid === undefined && name === undefined
    ? undefined
    : { ...(uuid && { uuid }), ...(name && { name }) }
}

/** The list in an answer: the answer itself, or the one array under a usual name. */
function entriesOf(answer: unknown): DirectoryEntry[] | undefined {
  const list = isObject(answer)
    ? (listNames.map((name) => answer[name]).find(Array.isArray) ?? [answer])
    : answer
  if (!Array.isArray(list)) return undefined
  const entries = list.map(toEntry)
  return entries.some((entry) => entry === undefined) ? undefined : (entries as DirectoryEntry[])
}

/**
 * The service that knows which person uses which VM (`GET {url}?user=…`). Its answer may be a list
 * of VM names or uuids, or of objects that hold one, bare or inside an object.
 */
export class Directory {
  readonly #url: URL

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** The service's host, for messages. */
  get host(): string {
    return this.#url.host
  }

  /**
   * The VMs of a person, as the directory names them; empty when it knows none.
   * @throws {BridgeError} DIRECTORY_UNREACHABLE, DIRECTORY_TIMEOUT or DIRECTORY_ERROR.
   */
  async vmsOf(user: string, signal?: AbortSignal): Promise<DirectoryEntry[]> {
    const url = new URL(this.#url)
    url.searchParams.set('user', user)
    const { status, text } = await this.#get(url, signal)
    if (status === 404) return []
    if (status < 200 || status > 299)
      throw new BridgeError(
        'DIRECTORY_ERROR',
        `The directory ${this.host} answered ${status}: check SCALE_DIRECTORY_URL, or find the VM by name`
      )
    let entries: DirectoryEntry[] | undefined
    try {
      entries = entriesOf(JSON.parse(text))
    } catch {
      entries = undefined
    }
    if (entries === undefined)
      throw new BridgeError(
        'DIRECTORY_ERROR',
        `The directory ${this.host} did not answer with a JSON list of VMs: check SCALE_DIRECTORY_URL, or find the VM by name`
      )
    return entries
  }

  /** Whether the service answers at all; throws as `vmsOf` does. */
  async probe(signal?: AbortSignal): Promise<number> {
    return (await this.#get(this.#url, signal)).status
  }

  async #get(url: URL, signal?: AbortSignal): Promise<{ status: number; text: string }> {
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      const { request } = await import('../lib/http-client.ts')
      const response = await request(url, {
        headers: { accept: 'application/json' },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit])
      })
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > maxResponseBytes)
          throw new BridgeError(
            'DIRECTORY_ERROR',
            `The directory ${this.host} answered with more than 4 MiB: check SCALE_DIRECTORY_URL`
          )
        chunks.push(chunk)
      }
      return { status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') }
    } catch (error) {
      if (error instanceof BridgeError) throw error
      if (signal?.aborted === true)
        throw new BridgeError('CALLER_GONE', 'The caller went away', { cause: error })
      if (limit.aborted)
        throw new BridgeError(
          'DIRECTORY_TIMEOUT',
          `The directory ${this.host} did not answer within ${timeoutMs / 1000} s: try again, or find the VM by name`,
          { cause: error }
        )
      throw new BridgeError(
        'DIRECTORY_UNREACHABLE',
        `The directory ${this.host} cannot be reached: check SCALE_DIRECTORY_URL, or find the VM by name`,
        { cause: error }
      )
    }
  }
}
