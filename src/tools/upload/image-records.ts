import { setTimeout as sleep } from 'node:timers/promises'
import { isLeft, type SequenceRecord } from '../../ledger/sequences.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isThisProcess } from '../../lib/process/process-identity.ts'
import { sum } from '../../lib/sum.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { formatBytes } from '../../lib/text/units.ts'
import type { ToolContext } from '../define-tool.ts'
import { type ImageKind, kindWords } from './image-kind.ts'

/** What a disk image is called while it is not ready (FACTS 12, O). */
const unfinished = /^(?:uploading|converting)-/

/** What a cluster keeps of each byte; a sample value (FACTS 12, O), no lower one is known. */
const copies = 2

/** An image as far as an upload has to know it. */
export interface ImageRecord {
  uuid: string
  name: string
  isReady: boolean
  bytes: number
}

/** The images of the cluster. */
export async function imagesOf(
  { hypercore, signal }: ToolContext,
  kind: ImageKind
): Promise<ImageRecord[]> {
  if (kind === 'ISO')
    return (await hypercore.list('/ISO', { signal })).map((iso) => ({
      uuid: iso.uuid,
      name: iso.name,
      isReady: iso.readyForInsert,
      bytes: iso.size
    }))
  return (await hypercore.list('/VirtualDisk', { signal })).map((disk) => ({
    uuid: disk.uuid,
    name: disk.name.replace(unfinished, ''),
    isReady: !unfinished.test(disk.name),
    bytes: disk.capacityBytes
  }))
}

/** Uploads that fill the record of an image, or began it, and have not ended. */
export async function openUploads(
  { writes: { ledger, sequences } }: ToolContext,
  uuid: string
): Promise<SequenceRecord[]> {
  const began = (await ledger.writes()).filter((write) => write.createdUUID === uuid)
  const calls = new Set(began.flatMap(({ callId }) => (callId === '' ? [] : [callId])))
  return (await sequences.list()).filter(
    ({ state, callId, targets }) =>
      state === 'RUNNING' && (calls.has(callId) || targets.includes(uuid))
  )
}

/** Whether a record is what an upload through this bridge has left and no process continues. */
async function isLeftOver(context: ToolContext, { uuid }: ImageRecord): Promise<boolean> {
  const { ledger } = context.writes
  const made = (await ledger.writes()).find((write) => write.createdUUID === uuid)
  if (made === undefined || !(isThisProcess(made.owner) || ledger.hasEnded(made.owner)))
    return false
  // Another bridge may be at what this one has left.
  const open = await openUploads(context, uuid)
  return open.every((each) => isLeft(each) || isThisProcess(each.owner))
}

/**
 * Makes sure that a name is free for an image.
 * @returns the record of an ISO of that name that an earlier upload has left without its data
 * @throws {BridgeError} ILLEGAL_STATE
 */
export async function requireFreeName(
  context: ToolContext,
  kind: ImageKind,
  name: string
): Promise<ImageRecord | undefined> {
  const same = (await imagesOf(context, kind)).filter(
    (image) => image.name.toLowerCase() === name.toLowerCase()
  )
  const [present] = same
  if (present === undefined) return undefined
  const what = `${kindWords[kind]} ${quoteName(present.name)}`
  if (present.isReady)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `There is already an ${kind === 'ISO' ? what : `uploaded ${what}`} of ${formatBytes(present.bytes)} (${present.uuid}). Nothing was sent: choose another name`
    )
  if (same.length === 1 && kind === 'ISO' && (await isLeftOver(context, present))) return present
  throw new BridgeError(
    'ILLEGAL_STATE',
    `The ${what} is there without all of its data: another upload of it is under way, or has broken off. Nothing was sent: choose another name, or, if none is running, delete it with run_api, DELETE /${kind}/${present.uuid}`
  )
}

/**
 * Makes sure that the cluster has room for a file.
 * @throws {BridgeError} ILLEGAL_STATE
 */
export async function requireRoom(
  { hypercore, signal }: ToolContext,
  bytes: number
): Promise<void> {
  const drives = await hypercore.list('/Drive', { signal })
  const free = sum(drives, (drive) => drive.capacityBytes - drive.usedBytes)
  // An empty list means that the user may not see drives, not that there are none.
  if (drives.length === 0 || bytes * copies <= free) return
  throw new BridgeError(
    'ILLEGAL_STATE',
    `The cluster has ${formatBytes(Math.max(0, free))} of raw drive space left, and ${formatBytes(bytes)} take ${formatBytes(bytes * copies)} of it. Nothing was sent: make room first, drive_read shows the drives`
  )
}

const pollMs = 250
const maxSizeMs = 10_000
const maxConversionMs = 30 * 60_000

/**
 * Waits until the record of an ISO has the size of the file (FACTS 11, S).
 * @throws {BridgeError} CLUSTER_BAD_ANSWER
 */
export async function requireSize(
  { hypercore, signal }: ToolContext,
  uuid: string,
  bytes: number
): Promise<void> {
  const until = performance.now() + maxSizeMs
  for (;;) {
    const iso = await hypercore.record('/ISO', uuid, { signal })
    if (iso?.size === bytes) return
    if (performance.now() > until)
      throw new BridgeError(
        'CLUSTER_BAD_ANSWER',
        `the cluster has ${iso?.size ?? 0} of its ${bytes} bytes`
      )
    await sleep(pollMs)
  }
}

/**
 * Waits until a disk image has the name it is to have: its task does not cover the conversion (FACTS 12, O).
 * @returns its capacity in bytes; undefined where it is not ready in time, or deleted
 */
export async function waitForConversion(
  context: ToolContext,
  uuid: string
): Promise<number | undefined> {
  const { hypercore, signal, draining } = context
  const until = performance.now() + maxConversionMs
  for (let pauseMs = pollMs; ; pauseMs = Math.min(3000, pauseMs * 1.5)) {
    const disk = await hypercore.record('/VirtualDisk', uuid, { signal })
    if (disk !== undefined && !unfinished.test(disk.name)) return disk.capacityBytes
    if (disk === undefined || draining.aborted || performance.now() > until) return undefined
    await sleep(pauseMs, undefined, { signal: draining }).catch(() => undefined)
  }
}

const goneMs = 5_000

/** Whether a record was deleted; waits a few seconds: deletions show late (FACTS 4.1, O). */
export async function isGone(
  { hypercore, signal }: ToolContext,
  kind: ImageKind,
  uuid: string
): Promise<boolean> {
  const until = performance.now() + goneMs
  for (;;) {
    if ((await hypercore.record(`/${kind}`, uuid, { signal })) === undefined) return true
    if (performance.now() > until) return false
    await sleep(pollMs)
  }
}
