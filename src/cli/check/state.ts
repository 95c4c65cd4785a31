import { join } from 'node:path'
import type { ClusterConfig } from '../../config/config.ts'
import { silentLogger } from '../../lib/process/logger.ts'
import { databaseName, isDatabaseAddress } from '../../store/postgres/address.ts'
import { Database } from '../../store/postgres/database.ts'
import { StoreError } from '../../store/store.ts'
import { canCreate } from './files.ts'
import type { CheckTable } from './table.ts'

/** Ledger and record in a database. */
async function checkDatabase(table: CheckTable, address: string): Promise<void> {
  const database = new Database(address, silentLogger)
  try {
    await database.query('select 1')
    table.ok('ledger', `every write is entered in the database ${database.name} before it is sent`)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    table.failed('ledger', error.message, [
      'the bridge refuses every call that changes the cluster: correct SCALE_STORE, or check the database'
    ])
  } finally {
    await database.close()
  }
}

/** Without a ledger nothing is written to the cluster. */
export async function checkLedger(
  table: CheckTable,
  { store }: Pick<ClusterConfig, 'store'>
): Promise<void> {
  if (isDatabaseAddress(store)) return checkDatabase(table, store)
  if (await canCreate(join(store, 'journal')))
    table.ok('ledger', `every write is entered in ${store} before it is sent`)
  else
    table.failed('ledger', `nothing can be written to ${store}`, [
      'the bridge refuses every call that changes the cluster: correct the permissions, or set SCALE_STORE to another folder'
    ])
}

/** Without a record nothing is written to the cluster, either. */
export async function checkRecord(
  table: CheckTable,
  { auditFile, auditKey, store }: Pick<ClusterConfig, 'auditFile' | 'auditKey' | 'store'>
): Promise<void> {
  const isInDatabase = isDatabaseAddress(store)
  const blocked = isInDatabase || (await canCreate(auditFile)) ? auditKey : auditFile
  const place = isInDatabase ? `the database ${databaseName(store)}` : auditFile
  if (await canCreate(blocked)) table.ok('record', `who does what is recorded in ${place}`)
  else
    table.failed('record', `nothing can be written to ${blocked}`, [
      `the bridge refuses every call that changes the cluster: correct the permissions, or set ${blocked === auditKey ? 'SCALE_AUDIT_KEY' : 'SCALE_AUDIT_FILE'} to another file`
    ])
}
