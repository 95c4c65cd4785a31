import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEntry, formatHead, type Head, noHead } from '../entry.ts'
import { type FoundLine, linesOf } from './files.ts'
import { fingerprintOf, isSignedBy } from './key.ts'
import { hashLine, parseLine } from './line.ts'
import { closeRecord, type OpenFile, openRecord } from './record-reader.ts'

/** What is wrong with a record, and where. */
export interface Problem {
  file: string
  /** From 1; 0 for the file as a whole. */
  line: number
  kind:
    'edited' | 'removed' | 'reordered' | 'inserted' | 'truncated' | 'bad signature' | 'unknown key'
  /** What was found, as a sentence without its end. */
  message: string
}

export interface Verification {
  files: string[]
  entries: number
  first: Head | undefined
  head: Head
  checkpoints: number
  /** The last entry under a good signature. */
  signedThrough: number
  /** Keys that have signed, by fingerprint. */
  keys: string[]
  problems: Problem[]
}

export interface VerifyOptions {
  /** Fingerprints of the keys that may sign; undefined where none is known: any that the record names. */
  trusted: ReadonlySet<string> | undefined
  /** Public keys besides those in the record. */
  publicKeys?: readonly string[]
  /** Heads that must be in the record: the noted one, and those of a log. Read before the record. */
  heads: readonly { head: Head; source: string }[]
}

/** After this many, the rest says nothing new. */
const maxProblems = 50

const range = (from: number, to: number): string =>
  from === to ? `entry ${from} is` : `entries ${from} to ${to} are`

/** Goes along the chain, line by line. */
class Chain {
  readonly result: Verification
  readonly #options: VerifyOptions
  readonly #publicKeys = new Map<string, string>()
  #last: (Head & { time: string }) | undefined
  /** What stood before the first entry, if anything. */
  #before: Head = noHead
  readonly #expired = new Set<string>()
  readonly #awaited: Map<number, { head: Head; source: string }[]>
  #place = { file: '', line: 0 }

  constructor(files: string[], options: VerifyOptions) {
    this.#options = options
    this.#awaited = new Map()
    for (const each of options.heads)
      this.#awaited.set(each.head.seq, [...(this.#awaited.get(each.head.seq) ?? []), each])
    for (const key of options.publicKeys ?? []) this.#publicKeys.set(fingerprintOf(key), key)
    this.result = {
      files,
      entries: 0,
      first: undefined,
      head: noHead,
      checkpoints: 0,
      signedThrough: 0,
      keys: [],
      problems: []
    }
  }

  #wrong(kind: Problem['kind'], message: string): void {
    if (this.result.problems.length < maxProblems)
      this.result.problems.push({ ...this.#place, kind, message })
  }

  /** A line that has no end. */
  unended(file: string, line: number): void {
    this.#place = { file, line }
    this.#wrong(
      'truncated',
      'the file ends within a line, as after a crash: the next start of the bridge sets it aside'
    )
  }

  line(file: string, line: number, { bytes }: FoundLine): void {
    this.#place = { file, line }
    const entry = parseLine(bytes)
    if (entry === undefined) {
      this.#wrong('edited', 'the line is not a valid entry')
      return
    }
    this.#follow(entry, line)
    const hash = hashLine(bytes)
    const { seq, time } = entry
    for (const { head, source } of this.#awaited.get(seq) ?? [])
      if (head.hash !== hash)
        this.#wrong(
          'edited',
          `entry ${seq} has the hash ${hash}, but ${source} says ${head.hash}: the record was rewritten`
        )
    this.#last = { seq, hash, time }
    this.result.entries += 1
    this.result.first ??= { seq, hash }
    this.result.head = { seq, hash }
    this.#look(entry)
  }

  #follow({ seq, prev }: AuditEntry, line: number): void {
    const last = this.#last
    if (last === undefined) {
      this.#before = { seq: seq - 1, hash: prev }
      return
    }
    const next = last.seq + 1
    if (seq === next && prev === last.hash) return
    if (seq > next) this.#wrong('removed', `${range(next, seq - 1)} missing before entry ${seq}`)
    else if (seq < next)
      this.#wrong(
        seq === last.seq ? 'inserted' : 'reordered',
        `entry ${seq} stands behind entry ${last.seq}: a line was moved, or one was inserted`
      )
    else
      this.#wrong(
        'edited',
        `entry ${seq} does not follow from the line before it (${line === 1 ? 'in the file before' : `line ${line - 1}`}): that one was edited, or this one inserted`
      )
  }

  #look(entry: AuditEntry): void {
    const { kind, key, publicKey } = entry
    if (kind === 'expired' && typeof entry['through'] === 'string')
      this.#expired.add(entry['through'])
    if (kind === 'begin' && typeof publicKey === 'string') {
      const fingerprint = fingerprintOf(publicKey)
      if (fingerprint !== key)
        this.#wrong('edited', 'the public key is not the one that is named beside it')
      this.#publicKeys.set(fingerprint, publicKey)
    }
    if (kind === 'checkpoint') this.#checkSignature(entry)
  }

  #checkSignature(checkpoint: AuditEntry): void {
    const key = String(checkpoint['key'])
    if (!this.result.keys.includes(key)) this.result.keys.push(key)
    const publicKey = this.#publicKeys.get(key)
    const isTrusted = this.#options.trusted?.has(key) ?? publicKey !== undefined
    if (!isTrusted || publicKey === undefined) {
      this.#wrong(
        'unknown key',
        `the checkpoint is signed by the key ${key}, which is not the key of this bridge`
      )
      return
    }
    if (!isSignedBy(checkpoint, publicKey)) {
      this.#wrong(
        'bad signature',
        `the signature of checkpoint ${checkpoint.seq} does not fit: it, or what it signs, was edited`
      )
      return
    }
    this.result.checkpoints += 1
    this.result.signedThrough = checkpoint.seq
  }

  end(): Verification {
    const { result } = this
    const [file = ''] = result.files
    if (result.first !== undefined && formatHead(this.#before) !== formatHead(noHead)) {
      this.#place = { file, line: 1 }
      if (!this.#expired.has(formatHead(this.#before)))
        this.#wrong(
          'removed',
          this.#before.seq === 0
            ? 'the first entry does not begin the record'
            : `${range(1, this.#before.seq)} missing, and nothing says that they have expired`
        )
    }
    this.#place = { file: result.files.at(-1) ?? file, line: 0 }
    for (const { head, source } of this.#options.heads)
      if (head.seq > result.head.seq)
        this.#wrong(
          'truncated',
          `the record ends at entry ${result.head.seq}, but ${source} says ${head.seq}: ${range(result.head.seq + 1, head.seq)} missing at the end`
        )
      else if (result.first !== undefined && head.seq < result.first.seq)
        this.#wrong(
          'removed',
          `entry ${head.seq}, of which ${source} says the hash, is not in the record any more`
        )
    return result
  }
}

/** Whole lines, and at last what has no end. A line that is being written is waited for. */
async function* patientLines({ file }: OpenFile): AsyncGenerator<FoundLine & { isWhole: boolean }> {
  let from = 0
  for (let tries = 0; ; tries++) {
    let cut: (FoundLine & { isWhole: boolean }) | undefined
    for await (const line of linesOf(file, from))
      if (line.isWhole) yield line
      else cut = line
    if (cut === undefined) return
    if (tries === 3) {
      yield cut
      return
    }
    from = cut.at
    await sleep(30)
  }
}

/** The same for lines that are whole, wherever they are kept. @param name where, for what is said of them */
export async function verifyLines(
  name: string,
  lines: AsyncIterable<Buffer>,
  options: VerifyOptions
): Promise<Verification> {
  const chain = new Chain([name], options)
  let number = 0
  for await (const bytes of lines) chain.line(name, (number += 1), { bytes, at: 0 })
  return chain.end()
}

/** Reads a whole record and says what is wrong with it. Only reads; the bridge may write meanwhile. */
export async function verifyRecord(path: string, options: VerifyOptions): Promise<Verification> {
  const files = await openRecord(path)
  try {
    const chain = new Chain(
      files.map((each) => each.path),
      options
    )
    for (const each of files) {
      let number = 0
      for await (const line of patientLines(each)) {
        number += 1
        if (line.isWhole) chain.line(each.path, number, line)
        else chain.unended(each.path, number)
      }
    }
    return chain.end()
  } finally {
    await closeRecord(files)
  }
}
