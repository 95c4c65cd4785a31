import type { ISO } from '../../hypercore/records/records.ts'
import {
  ApiError,
  claim,
  internalError,
  Reply,
  written,
  type Call,
  type Handlers
} from '../handler.ts'
import { TaskFailure, type TaskPlan } from '../tasks.ts'
import { announcedSize, receive, refuseUpload } from '../uploads.ts'
import { readHandlers } from './records.ts'

type Body = Partial<ISO>

const checkName = ({ name }: Body): void => {
  if (name !== undefined && !name.endsWith('.iso'))
    throw new ApiError(400, 'The name of an ISO must end in .iso')
}

function startTask(
  call: Call,
  iso: ISO,
  description: string,
  work: Pick<TaskPlan, 'begin' | 'finish' | 'undo'>
): string {
  const locks = claim(call.world, iso.uuid)
  return call.world.tasks.start({
    description,
    parameters: [iso.name],
    objectUUID: iso.uuid,
    sessionID: call.sessionID,
    nodeUUIDs: [call.nodeUUID],
    durationMs: 500,
    locks,
    ...work
  })
}

function target({ world, params }: Call): ISO {
  const iso = world.state.isos.get(params.uuid ?? '')
  if (iso === undefined) throw internalError()
  return iso
}

/**
 * First step of three: the record, without data (FACTS 11: S). It is there at once: the vendor's
 * scripts send the data without waiting for the task (FACTS 24, high).
 */
function create(call: Call<Body>): unknown {
  const { world, body } = call
  checkName(body)
  const uuid = world.random.uuid()
  const iso: ISO = {
    uuid,
    name: body.name ?? '',
    size: Math.max(0, body.size ?? 0),
    mounts: [],
    readyForInsert: body.readyForInsert ?? false,
    path: `scribe/${uuid}`
  }
  const tag = startTask(call, iso, 'Create ISO %@', {
    finish: () => undefined,
    undo: () => world.state.isos.delete(uuid)
  })
  world.state.isos.set(uuid, iso)
  return written(tag, uuid)
}

/** Where an image says that it can be booted: the boot record that follows the volume's own. */
const bootRecordAt = 17 * 2048
const bootRecord = Buffer.from('\0CD001\x01EL TORITO SPECIFICATION')

const isBootable = (head: Buffer): boolean =>
  head.subarray(bootRecordAt, bootRecordAt + bootRecord.length).equals(bootRecord)

/** Second step: the data, of the size that was announced. Answers 200 without JSON (S). */
async function upload(call: Call): Promise<Reply> {
  const { raw } = call
  const { state } = call.world
  const iso = state.isos.get(call.params.uuid ?? '')
  if (iso === undefined) return refuseUpload(raw, 500, internalError().message)
  if (iso.readyForInsert) return refuseUpload(raw, 500, `The ISO ${iso.name} has its data already`)
  const size = announcedSize(raw)
  if (iso.size !== 0 && size !== iso.size)
    return refuseUpload(raw, 400, `The ISO has ${iso.size} bytes, Content-Length says ${size}`)
  const { bytes, sha256, head } = await receive(raw)
  iso.size = bytes
  state.uploads.set(iso.uuid, { bytes, sha256 })
  if (isBootable(head)) state.bootableIsos.add(iso.uuid)
  return new Reply(200, '', '')
}

/** Third step, and renaming. The size is fixed once the record is there (S). */
function update(call: Call<Body>): unknown {
  const { body } = call
  checkName(body)
  const iso = target(call)
  const tag = startTask(call, iso, 'Update ISO %@', {
    finish() {
      iso.name = body.name ?? iso.name
      iso.readyForInsert = body.readyForInsert ?? iso.readyForInsert
    }
  })
  return written(tag)
}

/** An ISO in a VM's drive is not deleted (FACTS 11, I). */
function remove(call: Call): unknown {
  const { state } = call.world
  const iso = target(call)
  const check = (): void => {
    const [mount] = iso.mounts
    if (mount !== undefined)
      throw new TaskFailure("Unable to delete ISO '%@': it is inserted in VM '%@'", [
        iso.name,
        mount.vmName
      ])
  }
  const tag = startTask(call, iso, 'Delete ISO %@', {
    begin: check,
    finish() {
      check()
      state.isos.delete(iso.uuid)
      state.bootableIsos.delete(iso.uuid)
      state.uploads.delete(iso.uuid)
    }
  })
  return written(tag)
}

/** ISO media (FACTS 11). */
export const isoHandlers: Handlers = {
  ...readHandlers('/ISO', ({ world }) => world.state.isos.values()),
  'POST /ISO': create,
  'PUT /ISO/{uuid}/data': upload,
  'POST /ISO/{uuid}': update,
  'PATCH /ISO/{uuid}': update,
  'DELETE /ISO/{uuid}': remove
}
