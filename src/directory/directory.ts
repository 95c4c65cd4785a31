import { BridgeError, type ErrorCode } from '../lib/errors/errors.ts'
import { HttpClient, HttpFailure } from '../lib/http/http.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import { isUuid } from '../lib/text/uuid.ts'

/** What the directory says of one VM: a uuid, a name, or both. */
export interface DirectoryEntry {
  uuid?: string
  name?: string
}

const limits = { wholeMs: 8000, maxBytes: 4 * 2 ** 20 }
const checkUrl = 'check SCALE_DIRECTORY_URL, or find the VM by name'
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

/** The list in a response: the response itself, or the one array under a usual name. */
function entriesOf(response: unknown): DirectoryEntry[] | undefined {
  const list = isObject(response)
    ? (listNames.map((name) => response[name]).find(Array.isArray) ?? [response])
    : response
  if (!Array.isArray(list)) return undefined
  const entries = list.map(toEntry)
  return entries.some((entry) => entry === undefined) ? undefined : (entries as DirectoryEntry[])
}

/**
 * The service that knows which person uses which VM (`GET {url}?user=…`). It may return a list
 * of VM names or uuids, or of objects that hold one, bare or inside an object.
 */
export class Directory {
  readonly #url: URL
  readonly #http = new HttpClient(limits.wholeMs)

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
        `The directory ${this.host} returned ${status}: ${checkUrl}`
      )
    let entries: DirectoryEntry[] | undefined
    try {
      entries = entriesOf(parseJson(text))
    } catch {
      entries = undefined
    }
    if (entries === undefined)
      throw new BridgeError(
        'DIRECTORY_ERROR',
        `The directory ${this.host} did not return a JSON list of VMs: ${checkUrl}`
      )
    return entries
  }

  /** The status of the service; throws as `vmsOf` does. */
  async probe(signal?: AbortSignal): Promise<number> {
    return (await this.#get(this.#url, signal)).status
  }

  async #get(url: URL, signal?: AbortSignal): Promise<{ status: number; text: string }> {
    try {
      return await this.#http.fetch(
        url,
        { headers: { accept: 'application/json' }, signal },
        limits
      )
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error
      const { kind, reason, cause } = error
      const failure = (code: ErrorCode, advice: string): BridgeError =>
        new BridgeError(code, `The directory ${this.host} ${reason}: ${advice}`, { cause })
      switch (kind) {
        case 'timeout':
        case 'connect-timeout':
          throw failure('DIRECTORY_TIMEOUT', 'try again, or find the VM by name')
        case 'too-large':
        case 'not-http':
          throw failure('DIRECTORY_ERROR', checkUrl)
        default:
          throw failure('DIRECTORY_UNREACHABLE', checkUrl)
      }
    }
  }
}
