import { placeholder } from '../../hypercore/writes/sequence.ts'
import { StreamBody } from '../../hypercore/requests/stream-body.ts'
import { currentCall } from '../../ledger/call-scope.ts'
import { isLeft } from '../../ledger/sequences.ts'
import { BridgeError, toBridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { formatBytes, percentOf } from '../../lib/text/units.ts'
import { watchSource } from '../../lib/flow/watched-source.ts'
import { withoutEnd } from '../../lib/text/sentences.ts'
import type { ToolContext } from '../define-tool.ts'
import type { WriteResponse } from '../schemas.ts'
import { createProgressReporter } from '../task/progress.ts'
import { type Bind, runSequence, type SequenceOutcome, type Step } from '../writes/sequence.ts'
import { type ImageKind, kindWords } from './image-kind.ts'
import {
  type ImageRecord,
  imagesOf,
  isGone,
  openUploads,
  requireFreeName,
  requireRoom,
  requireSize,
  waitForConversion
} from './image-records.ts'

/** A file that is to be uploaded, its bytes still to come. */
export interface ImageFile {
  bytes: number
  /** Hex; what comes has to match it. */
  sha256: string | undefined
  /** The address it comes from; undefined of what a client sends. */
  from: string | undefined
  chunks: AsyncIterable<Uint8Array>
}

/** What an upload came to. */
export interface UploadOutcome {
  response: WriteResponse & { name: string; bytes: number; sha256: string }
  /** Why it failed; undefined where it did not. */
  error: BridgeError | undefined
}

/** A source that sends nothing for so long has ended. */
const stallMs = 60_000
/** Between two reports of how much is sent. */
const reportMs = 1_000

/**
 * Lets one upload of a name run at a time, and only where the name is free.
 * @param work gets the ISO of that name that an earlier upload has left without its data
 * @throws {BridgeError} ILLEGAL_STATE
 */
export async function withImageName<T>(
  context: ToolContext,
  kind: ImageKind,
  name: string,
  work: (left: ImageRecord | undefined) => Promise<T>
): Promise<T> {
  const { uploads } = context.writes
  const key = `${kind} ${name.toLowerCase()}`
  if (uploads.has(key))
    throw new BridgeError(
      'ILLEGAL_STATE',
      `The ${kindWords[kind]} ${quoteName(name)} is being uploaded at this moment. Nothing was sent`
    )
  uploads.add(key)
  try {
    return await work(await requireFreeName(context, kind, name))
  } finally {
    uploads.delete(key)
  }
}

interface Upload {
  kind: ImageKind
  name: string
  /** `ISO "debian.iso"` */
  what: string
  stream: StreamBody
  left: ImageRecord | undefined
}

/** Deletes a partial upload, and says what happened to it. Never throws. */
async function discard(
  context: ToolContext,
  { kind, what }: Upload,
  uuid: string
): Promise<string> {
  const path = `/${kind}/${uuid}`
  try {
    await context.hypercore.request({ method: 'DELETE', path })
    if (await isGone(context, kind, uuid)) return 'The partial upload was deleted'
  } catch {
    // What is to be done is the same.
  }
  return `${what} is left without its data: delete it with run_api, DELETE ${path}`
}

/** Takes the record away that a broken upload may leave, whose uuid is not known. */
async function discardUnnamed(context: ToolContext, upload: Upload, bind: Bind): Promise<string> {
  const { kind, name } = upload
  // Whatever has that name now belongs to another caller.
  if (!upload.stream.isBegun) return 'Nothing of it was sent'
  try {
    const found = (await imagesOf(context, kind)).filter(
      (image) => image.name === name && !image.isReady
    )
    const [half, ...others] = found
    if (half === undefined) return 'Nothing of it is left on the cluster'
    if (others.length > 0 || upload.stream.isSent)
      return `virtualDisk_read shows what is left of it`
    bind('disk', half.uuid)
    // It may go by itself, as its connection has ended.
    return (await isGone(context, kind, half.uuid))
      ? 'Nothing of it is left on the cluster'
      : await discard(context, upload, half.uuid)
  } catch {
    return 'virtualDisk_read shows whether anything of it is left'
  }
}

function isoSteps(upload: Upload, timeoutMs: number): Step[] {
  const { name, what, stream, left } = upload
  const uuid = left?.uuid ?? placeholder('iso')
  const uuidOf = (created: (name: string) => string): string => left?.uuid ?? created('iso')
  const make: Step = {
    does: `create the record of ${what}`,
    method: 'POST',
    path: '/ISO',
    body: { name, size: stream.bytes, readyForInsert: false },
    creates: 'iso',
    undo: { does: `delete ${what}`, method: 'DELETE', path: `/ISO/${uuid}` },
    discard: async (context, _bind, created) =>
      created('iso') === '' ? '' : discard(context, upload, created('iso'))
  }
  return [
    ...(left === undefined ? [make] : []),
    {
      does: `send its ${formatBytes(stream.bytes)}`,
      method: 'PUT',
      path: `/ISO/${uuid}/data`,
      stream,
      timeoutMs
    },
    {
      does: 'mark it as ready',
      method: 'PATCH',
      path: `/ISO/${uuid}`,
      body: { readyForInsert: true },
      prepare: (context, _bind, created) => requireSize(context, uuidOf(created), stream.bytes)
    }
  ]
}

const diskSteps = (upload: Upload, timeoutMs: number): Step[] => [
  {
    does: `send the ${formatBytes(upload.stream.bytes)} of ${upload.what}`,
    method: 'PUT',
    path: '/VirtualDisk/upload',
    query: { filename: upload.name, filesize: upload.stream.bytes },
    stream: upload.stream,
    timeoutMs,
    creates: 'disk',
    discard: (context, bind) => discardUnnamed(context, upload, bind)
  }
]

/**
 * Sends a file to the cluster as it comes in: the record of the image, its bytes, and whatever makes it
 * ready. Asked for, approved and recorded as one before the first byte; what broke off is taken away.
 * @param left an ISO of that name without its data, which is filled instead of a new one
 * @throws {BridgeError} what keeps it from being sent
 */
export async function uploadImage(
  context: ToolContext,
  tool: string,
  { kind, name, file }: { kind: ImageKind; name: string; file: ImageFile },
  left: ImageRecord | undefined
): Promise<UploadOutcome> {
  await requireRoom(context, file.bytes)
  const what = `${kindWords[kind]} ${quoteName(name)}`
  const reporter = createProgressReporter(context)
  const scope = currentCall()
  let reportedAt = 0
  const report = (percent: number, message: string): void => {
    if (scope !== undefined) scope.progress = { percent, message }
    reporter.report({ percent, message })
  }
  const onSent = (sent: number): void => {
    const now = performance.now()
    if (now - reportedAt < reportMs && sent < file.bytes) return
    reportedAt = now
    const far = `${formatBytes(sent)} of ${formatBytes(file.bytes)}`
    report(Math.min(99, percentOf(sent, file.bytes)), `Upload of ${what}: ${far}`)
  }
  const source = watchSource(file.chunks, {
    stallMs,
    stalled: () =>
      new BridgeError('REQUEST_TIMEOUT', `No data of the file arrived for ${stallMs / 1000} s`),
    ends: context.draining,
    ended: () => new BridgeError('SHUTTING_DOWN', 'The bridge is shutting down')
  })
  const { bytes, sha256, from } = file
  const stream = new StreamBody(source, { bytes, sha256, from }, onSent)
  // Half an ISO of another size cannot be filled: its size is fixed (FACTS 11, S).
  if (left !== undefined && left.bytes !== bytes)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `An earlier upload has left the ${what} without its data, as one of ${left.bytes} bytes; this file has ${bytes}. Nothing was sent: delete that one with run_api, DELETE /ISO/${left.uuid}`
    )
  const upload: Upload = { kind, name, what, stream, left }
  const { acceptMs } = context.hypercore.limits
  const steps = kind === 'ISO' ? isoSteps(upload, acceptMs) : diskSteps(upload, acceptMs)
  try {
    // Progress is reported by the bytes sent, not by step.
    const quiet = { ...context, progress: undefined }
    const targets = left === undefined ? [] : [left.uuid]
    const open = left === undefined ? [] : await openUploads(context, left.uuid)
    const taken = open.filter(isLeft)
    const outcome = await runSequence(quiet, tool, targets, steps, undefined, taken)
    return await conclude(context, upload, outcome, report)
  } finally {
    reporter.end()
    if (!stream.isBegun) void source.return(undefined)
  }
}

async function conclude(
  context: ToolContext,
  { kind, name, what, stream, left }: Upload,
  { record, created, error, discarded }: SequenceOutcome,
  report: (percent: number, message: string) => void
): Promise<UploadOutcome> {
  const uuid = left?.uuid ?? [...created.values()][0] ?? ''
  const fields = { taskTag: '', name, bytes: stream.bytes, sha256: stream.hash ?? '' }
  const failed = record.steps.find(({ state }) => state === 'ERROR' || state === 'UNKNOWN')
  if (failed !== undefined) {
    const after = stream.isSent
      ? 'after all of it was sent'
      : `after ${formatBytes(stream.sentBytes)} of ${formatBytes(stream.bytes)}`
    const reason = stream.broken?.message ?? failed.message
    const message = [
      `Upload of ${what} failed ${after}: ${withoutEnd(reason)}`,
      ...discarded.filter((text) => text !== ''),
      ...(left === undefined ? [] : [`${what} is still there without its data: call again`])
    ].join('. ')
    const state = failed.state === 'UNKNOWN' && discarded.length === 0 ? 'UNKNOWN' : 'ERROR'
    const why = stream.broken ?? error ?? new BridgeError('CLUSTER_ERROR', reason)
    report(percentOf(stream.sentBytes, stream.bytes), `Upload of ${what}: failed`)
    return {
      response: {
        ...fields,
        createdUUID: '',
        state,
        progressPercent: percentOf(stream.sentBytes, stream.bytes),
        message
      },
      error: why.reworded(message)
    }
  }
  const size = formatBytes(stream.bytes)
  if (kind === 'ISO') return done(`${what} is there: ${size}, SHA-256 ${stream.hash}`)
  report(99, `Upload of ${what}: the cluster converts it`)
  const capacity = await waitForConversion(context, uuid).catch((cause: unknown) => {
    if (toBridgeError(cause).code === 'INTERNAL') throw cause
    return undefined
  })
  if (capacity !== undefined)
    return done(
      `${what} is there: ${size}, a disk of ${formatBytes(capacity)}, SHA-256 ${stream.hash}`
    )
  return {
    response: {
      ...fields,
      createdUUID: uuid,
      state: 'RUNNING',
      progressPercent: 99,
      message: `${what} is on the cluster, which still converts it: virtualDisk_read shows it under its own name when that is done`
    },
    error: undefined
  }

  function done(message: string): UploadOutcome {
    report(100, `Upload of ${what}: done`)
    return {
      response: {
        ...fields,
        createdUUID: uuid,
        state: 'COMPLETE',
        progressPercent: 100,
        message
      },
      error: undefined
    }
  }
}
