import type { TaskTagStatus } from '../../hypercore/records/records.ts'
import {
  ApiError,
  claim,
  internalError,
  written,
  type Call,
  type Handlers,
  type World
} from '../handler.ts'
import type { SettingsRecord } from '../state.ts'
import { noTask, shortUuid } from '../tasks.ts'
import { readHandlers } from './records.ts'
import { settingsEntities, type SettingsEntity } from './settings-table.ts'

type Body = Record<string, unknown>

const settingsTaskMs = 500

/** All records of one kind of settings. */
export function settingsOf(world: World, name: string): Map<string, SettingsRecord> {
  let records = world.state.settings.get(name)
  if (records === undefined) {
    records = new Map()
    world.state.settings.set(name, records)
  }
  return records
}

/** The record as it reads: without what is only written, passwords empty. */
function shown(entity: SettingsEntity, record: SettingsRecord): SettingsRecord {
  const copy = { ...record }
  for (const field of entity.writeOnly ?? []) delete copy[field]
  for (const field of entity.emptied ?? []) copy[field] = ''
  return copy
}

function check(entity: SettingsEntity, record: SettingsRecord): void {
  const problem = entity.check?.(record)
  if (problem !== undefined) throw new ApiError(400, problem)
}

/** Called when a write of an entity begins to work, for what happens beside the record. */
export type OnWrite = (entity: string, call: Call) => void

function startTask(
  call: Call,
  entity: SettingsEntity,
  record: SettingsRecord,
  verb: string,
  finish: () => void
): string {
  const { world, sessionID, nodeUUID } = call
  return world.tasks.start({
    description: `${verb} ${entity.noun} %@`,
    parameters: [shortUuid(record.uuid)],
    objectUUID: record.uuid,
    sessionID,
    nodeUUIDs: [nodeUUID],
    durationMs: settingsTaskMs,
    locks: claim(world, record.uuid),
    finish,
    publish(task: TaskTagStatus) {
      if (entity.showsTask !== false) record.latestTaskTag = { ...task }
    }
  })
}

/** FACTS 16 leaves open what a second record of a singleton leads to: it is refused (I). */
function newUuid(call: Call<Body>, entity: SettingsEntity): string {
  const { world, body } = call
  const records = settingsOf(world, entity.name)
  if (entity.singleton === true && records.size > 0)
    throw new ApiError(400, `A ${entity.noun} exists already, change that one`)
  if (entity.fixedUuid !== undefined && !records.has(entity.fixedUuid)) return entity.fixedUuid
  const given = body.uuid
  if (typeof given !== 'string' || given === '') return world.random.uuid()
  if (records.has(given)) throw new ApiError(400, `A ${entity.noun} ${given} exists already`)
  return given
}

/**
 * Reads and writes of one kind of settings. Every write is a task (FACTS 4.1), its effect appears at
 * the task's end. A write to an unknown uuid is the 500 of a request the back-end cannot carry out
 * (3.4, I).
 */
function entityHandlers(entity: SettingsEntity, onWrite: OnWrite): Handlers {
  const path = `/${entity.name}`
  const target = ({ world, params }: Call): SettingsRecord => {
    const record = settingsOf(world, entity.name).get(params.uuid ?? '')
    if (record === undefined) throw internalError()
    return record
  }
  const create = (call: Call<Body>): unknown => {
    const record: SettingsRecord = {
      ...structuredClone(entity.defaults),
      ...(entity.showsTask === false ? {} : { latestTaskTag: noTask() }),
      ...call.body,
      uuid: newUuid(call, entity)
    }
    check(entity, record)
    onWrite(entity.name, call)
    const tag = startTask(call, entity, record, 'Create', () => {
      Object.assign(record, entity.derive?.(record, call.world.state))
      settingsOf(call.world, entity.name).set(record.uuid, record)
    })
    return written(tag, record.uuid)
  }
  const update = (call: Call<Body>): unknown => {
    const record = target(call)
    const { latestTaskTag: _embedded, ...change } = call.body
    check(entity, { ...record, ...change })
    onWrite(entity.name, call)
    const tag = startTask(call, entity, record, 'Update', () => {
      Object.assign(record, change, { uuid: record.uuid })
      Object.assign(record, entity.derive?.(record, call.world.state))
    })
    return written(tag)
  }
  const remove = (call: Call): unknown => {
    const record = target(call)
    onWrite(entity.name, call)
    const tag = startTask(call, entity, record, 'Delete', () => {
      settingsOf(call.world, entity.name).delete(record.uuid)
    })
    return written(tag)
  }
  return {
    ...readHandlers(path, ({ world }) =>
      [...settingsOf(world, entity.name).values()].map((record) => shown(entity, record))
    ),
    [`POST ${path}`]: create,
    [`POST ${path}/{uuid}`]: update,
    [`PATCH ${path}/{uuid}`]: update,
    ...(entity.deletable === false ? {} : { [`DELETE ${path}/{uuid}`]: remove })
  }
}

/**
 * A test mail. Without a mail server, or with one that a simulated network does not have, the
 * response is the 400 that was reported for a wrong one (FACTS 3.4, O).
 */
function testEmail(call: Call): unknown {
  const { world, params, sessionID, nodeUUID } = call
  const target = settingsOf(world, 'AlertEmailTarget').get(params.uuid ?? '')
  if (target === undefined) throw internalError()
  const [smtp] = settingsOf(world, 'AlertSMTPConfig').values()
  if (smtp === undefined || smtp.smtpServer === '')
    throw new ApiError(
      400,
      `There was an error sending alert to ${String(target.emailAddress)}. Please verify your alert settings.`
    )
  const tag = world.tasks.start({
    description: 'Send test email to %@',
    parameters: [String(target.emailAddress)],
    objectUUID: target.uuid,
    sessionID,
    nodeUUIDs: [nodeUUID],
    durationMs: settingsTaskMs,
    locks: [],
    finish: () => undefined
  })
  return written(tag)
}

/** A list of names, not of records: the keys' values never come back (FACTS 3.1, S). */
const keyNames = ({ world }: Call): string[] => [...settingsOf(world, 'NucleusKey').keys()]

const escaped = (text: string): string =>
  text.replaceAll(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`)

function registrationData({ world }: Call): { xmlToSubmit: string; clusterID: string }[] {
  return [...settingsOf(world, 'Registration').values()].map((record) => {
    const clusterID = String(record.clusterID)
    const fields = ['companyName', 'contact', 'phone', 'email']
    const inner = fields
      .map((field) => `<${field}>${escaped(String(record[field]))}</${field}>`)
      .join('')
    return {
      xmlToSubmit: `<registration clusterID="${clusterID}">${inner}</registration>`,
      clusterID
    }
  })
}

/** All settings of the cluster (FACTS 16). */
export function settingsHandlers(onWrite: OnWrite): Handlers {
  return {
    ...Object.assign({}, ...settingsEntities.map((entity) => entityHandlers(entity, onWrite))),
    ...readHandlers('/NucleusKey', keyNames, 'uuid', (name) => name),
    ...readHandlers(
      '/ClusterRegistrationData',
      registrationData,
      'clusterID',
      ({ clusterID }) => clusterID
    ),
    'POST /AlertEmailTarget/{uuid}/test': testEmail
  }
}
