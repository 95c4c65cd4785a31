import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Audit } from '../src/audit/audit.ts'
import { AuditedLedger } from '../src/audit/audited-ledger.ts'
import { Describer } from '../src/audit/describe.ts'
import { LeftWrites } from '../src/audit/left-writes.ts'
import { type AuditFiles, openRecordAt, openRecordIn } from '../src/audit/open-record.ts'
import { recordRefusals } from '../src/audit/refusals.ts'
import type { CallAuthority } from '../src/identity/authority.ts'
import type { BridgeError } from '../src/lib/errors/errors.ts'
import type { RequestGuard } from '../src/hypercore/requests/request-guard.ts'
import type { WriteLedger } from '../src/hypercore/writes/write-ledger.ts'
import type { JsonObject } from '../src/lib/json/json.ts'
import type { Timings } from '../src/lib/time/timings.ts'
import { packageVersion } from '../src/lib/files/package-info.ts'
import { thisProcess } from '../src/lib/process/process-identity.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Who did what, and with which outcome. */
    audit: Audit
    /** Records every write before it is entered in the ledger and leaves. */
    writeLedger: WriteLedger
    /** Makes the refusals of a guard known to the record. */
    recordRefusals(guard: RequestGuard): RequestGuard
    /** Enters that a caller may not use a tool at all, before anything is asked of the cluster. */
    recordRefusedTool(tool: string, authority: CallAuthority, error: BridgeError): void
  }
}

export interface AuditPluginOptions {
  /** Undefined: the record ends with the bridge. */
  files: AuditFiles | undefined
  /** Whether the ledger survives a restart. */
  isLedgerKept: boolean
  /** Settings that matter to safety, for the entry of the start. No secrets. */
  settings: JsonObject
  timings: Pick<Timings, 'leftMs'>
}

/** What an earlier process has left is looked for once its last writes are no longer young. */
const lookForLeftMs = 35_000

/** Entries have the time of the clock, steps included. */
const now = (): Date => new Date()

/** Shares the record as `app.audit`; every write passes it on its way to the ledger. */
const audit: FastifyPluginAsync<AuditPluginOptions> = async (app, options) => {
  const { files, isLedgerKept, settings, timings } = options
  const { log: logger, outgoing, ledger } = app
  const { presence, shared } = app
  const record =
    files &&
    (shared === undefined
      ? openRecordAt(files, logger, now)
      : openRecordIn(shared.database, files, logger, now))
  const book = new Audit({ ...(record && { record }), logger, now })
  const describer = new Describer(() => app.catalog, outgoing)
  app.decorate('audit', book)
  app.addGauge({
    name: 'refusals_total',
    help: 'Calls that were refused by permission or policy, by code',
    labels: ['code'],
    isCounter: true,
    read: () => [...book.refusals].map(([code, value]) => ({ labels: { code }, value }))
  })
  app.decorate('writeLedger', new AuditedLedger(ledger, book, describer))
  app.decorate(
    'recordRefusedTool',
    (tool: string, authority: CallAuthority, { code, message }: BridgeError) =>
      book.refused({ ...describer.who(authority), tool, code, message })
  )
  app.decorate('recordRefusals', (guard: RequestGuard) => recordRefusals(guard, book, describer))

  const left =
    record &&
    new LeftWrites({ backwards: () => record.backwards(), ledger, audit: book, isLedgerKept, now })
  /** A bridge has ended, and what it may have left unsent was not found yet. */
  let hasOneEnded = false
  async function endLeft(): Promise<void> {
    if (left === undefined) return
    const unsent = hasOneEnded
    hasOneEnded = false
    try {
      const found = await left.find({ unsent })
      if (found.size === 0) return
      // One of several bridges does it.
      const turn = await app.store.lease('left writes', lookForLeftMs)
      hasOneEnded ||= unsent && turn === undefined
      if (turn === undefined) return
      try {
        await left.enter(found)
      } finally {
        await turn.release()
      }
    } catch (err) {
      hasOneEnded ||= unsent
      logger.warn({ err }, 'The record cannot be read')
    }
  }

  let looking: NodeJS.Timeout | undefined
  /** One more ended while it ran. */
  let looksAgain = false
  let again: NodeJS.Timeout | undefined
  function lookLater(): void {
    // One that runs continues: where bridges end more often than that, it would never come to a look.
    if (looking !== undefined) {
      looksAgain = true
      return
    }
    looking = setTimeout(() => {
      looking = undefined
      hasOneEnded = true
      void endLeft()
      if (looksAgain) lookLater()
      looksAgain = false
    }, lookForLeftMs).unref()
  }
  const { host, pid } = thisProcess
  app.addHook('onReady', async () => {
    const fields = { version: packageVersion, host, pid, settings }
    book.note('start', describer.clean(fields))
    lookLater()
    // What failed then, and what the ledger has of bridges never seen alive.
    if (presence !== undefined) again = setInterval(() => void endLeft(), timings.leftMs).unref()
  })
  presence?.onEnded(lookLater)
  app.addHook('onSend', async (request, reply) => {
    if (request.principal === null && (reply.statusCode === 401 || reply.statusCode === 429))
      book.authenticationFailed(request.ip)
  })
  // After the client, which reports the outcome of its last writes, and before the ledger.
  app.addHook('onClose', async () => {
    clearTimeout(looking)
    clearInterval(again)
    await book.close({ version: packageVersion, host, pid })
  })
}

export const auditPlugin = fp(audit, {
  name: 'audit',
  fastify: '5.x',
  dependencies: ['metrics', 'outgoing', 'store', 'ledger', 'auth', 'catalog']
})
