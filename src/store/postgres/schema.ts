import { StoreError } from '../store.ts'
import type { Run } from './run.ts'

/**
 * What leads from one version of the tables to the next, the first first. What is here has been carried
 * out somewhere: it is never edited, only added to.
 */
const steps: readonly string[] = [
  `create table scale_bridge_head (
     id int primary key check (id = 1),
     change bigint not null,
     forgotten bigint not null
   );
   insert into scale_bridge_head values (1, 0, 0);
   create table scale_bridge_entries (
     kind text not null check (kind in ('value', 'entry', 'trim')),
     name text not null,
     key text not null,
     version bigint not null,
     value text,
     change bigint not null,
     primary key (kind, name, key)
   );
   create index scale_bridge_entries_change on scale_bridge_entries (change);
   create table scale_bridge_record (
     seq bigint primary key,
     time timestamptz not null,
     kind text not null,
     line text not null
   );
   create index scale_bridge_record_time on scale_bridge_record (time)`,
  `create table scale_bridge_commits (
     id uuid primary key,
     time timestamptz not null default now()
   );
   create index scale_bridge_commits_time on scale_bridge_commits (time)`
]

/** Any number that is the same for all bridges: one at a time looks at the version. */
const lock = 5_718_230_144

/**
 * Brings the tables to this version, within a transaction.
 * @throws {StoreError} where they are of a later one
 */
export async function migrate(run: Run): Promise<void> {
  await run(`select pg_advisory_xact_lock(${lock})`)
  await run('create table if not exists scale_bridge_schema (version int primary key)')
  const [row] = await run('select coalesce(max(version), 0) as version from scale_bridge_schema')
  const version = Number(row?.['version'])
  if (version > steps.length)
    throw new StoreError(
      `its tables are of version ${version}, and this bridge knows them up to ${steps.length}: run the newer bridge`
    )
  for (const [at, step] of steps.entries()) {
    if (at < version) continue
    await run(step)
    await run(`insert into scale_bridge_schema values (${at + 1})`)
  }
}
