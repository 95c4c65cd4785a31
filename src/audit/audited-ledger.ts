import { randomUUID } from 'node:crypto'
import type { WriteResult } from '../hypercore/records/records.ts'
import type { LedgerWrite, PlannedWrite, WriteLedger } from '../hypercore/writes/write-ledger.ts'
import { currentCall } from '../ledger/call-scope.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isEnded, type WriteRecord, type WriteState } from '../ledger/records.ts'
import { toBridgeError } from '../lib/errors/errors.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import type { Audit } from './audit.ts'
import type { Describer } from './describe.ts'

/** Writes of which it is known what was recorded, and how to clean what is said of them. */
const maxKnown = 2_000

const sameText = (text: string): string => text

/** The outcome of a write, as an entry tells it. */
interface Outcome extends Partial<WriteResult> {
  state: WriteState
  message?: string
}

/**
 * Records every write before it is entered in the ledger and leaves, under the same id, and its
 * outcome, whether a caller waits or not.
 */
export class AuditedLedger implements WriteLedger {
  readonly #ledger: Ledger
  readonly #audit: Audit
  readonly #describer: Describer
  /** By the id of the write. */
  readonly #told = new RecentMap<WriteState>(maxKnown)
  /** What is sent as bytes: its hash is known once it was sent. */
  readonly #streams = new RecentMap<{ hash?: string | undefined }>(maxKnown)
  readonly #cleaners = new RecentMap<(text: string) => string>(maxKnown)

  constructor(ledger: Ledger, audit: Audit, describer: Describer) {
    this.#ledger = ledger
    this.#audit = audit
    this.#describer = describer
    ledger.onChange((write) => this.#onChange(write))
  }

  /** @throws {BridgeError} AUDIT_UNAVAILABLE, LEDGER_UNAVAILABLE: then the write must not be sent */
  async begin(write: PlannedWrite): Promise<LedgerWrite> {
    const id = randomUUID()
    const entry = {
      id,
      cluster: this.#ledger.cluster,
      ...this.#describer.who(write.authority),
      ...this.#describer.what(write, currentCall())
    }
    this.#cleaners.set(id, this.#describer.cleaner(write))
    if (write.stream !== undefined) this.#streams.set(id, write.stream)
    await this.#audit.append('write', entry, () =>
      this.#tell(id, { state: 'REFUSED', message: 'Not sent: it was recorded too late' })
    )
    let entered: LedgerWrite
    try {
      entered = await this.#ledger.begin({ ...write, id })
    } catch (error) {
      this.#tell(id, { state: 'REFUSED', message: toBridgeError(error).message })
      throw error
    }
    return {
      accepted: async (result) => {
        await entered.accepted(result)
        const { taskTag, createdUUID } = result
        this.#tell(id, { state: taskTag === '' ? 'COMPLETE' : 'RUNNING', taskTag, createdUUID })
      },
      ended: async (state, message) => {
        await entered.ended(state, message)
        this.#tell(id, { state, message })
      }
    }
  }

  /** The end of a task, and what a restart finds of the writes of an earlier process. */
  #onChange(write: WriteRecord): void {
    if (!isEnded(write)) return
    const { id, state, taskTag, createdUUID, message } = write
    this.#tell(id, { state, taskTag, createdUUID, message })
  }

  /** Each state once: the ledger tells it, too, unless it could not be written. */
  #tell(id: string, { state, taskTag, createdUUID, message }: Outcome): void {
    const told = this.#told.get(id)
    if (told === state || (state === 'RUNNING' && told !== undefined)) return
    this.#told.set(id, state)
    const sha256 = this.#streams.get(id)?.hash
    const clean = this.#cleaners.get(id) ?? sameText
    const fields = {
      write: id,
      state,
      ...(taskTag && { taskTag }),
      ...(createdUUID && { createdUUID }),
      ...(message && { message: clean(message) }),
      ...(sha256 && { sha256 })
    }
    this.#audit.note('outcome', this.#describer.clean(fields))
  }
}
