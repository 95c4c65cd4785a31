/** How long one node took to respond to one kind of question. */
export interface Sample {
  /** What is alike in this: a method and a path without its identifiers. */
  shape: string
  /** Until the response began. */
  latencyMs: number
}

/** Why a node is asked after the others. */
export interface SlowNode extends Sample {
  at: number
  /** How long it stays behind before it is looked at. */
  restMs: number
  /** Another node responded to the same much faster. */
  confirmed: boolean
}

/** What an observation has shown. */
export type PaceChange<N> =
  | { change: 'slow'; node: N; latencyMs: number; than: { node: N; latencyMs: number } }
  | { change: 'quick'; node: N }

export interface PaceLimits {
  /** A response that is not later than others by so much is not slow. */
  slowMs: number
  restMs: number
}

/** This many responses in a row, as fewer may be chance. */
const chances = 3
/** A node is judged by another that takes less than this share of its time. */
const muchFaster = 1 / 3
/** What was measured longer ago says nothing about now. */
const freshMs = 120_000
/** This many nodes that are as slow as the first: it is not the node. */
const maxSuspects = 3
/** Where it was not the node, for how long no node is suspected. */
const truceMs = 300_000
/** A node that is slow again so soon after it came back stays behind twice as long. */
const relapseMs = 300_000
const maxRestMs = 240_000
const maxShapes = 200

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/**
 * Notices nodes that respond to one kind of requests several times more slowly than their neighbours do to
 * the same question. Where the neighbours were not asked lately, the node is only suspected: it is asked
 * after them, so that the next calls show whether it was the node or the question. To come forward again,
 * it takes a rest, a quick ping, and then a quick response: nodes do not swap places with
 * every call.
 */
export class KindPace<N extends object> {
  readonly #nodes: () => readonly N[]
  readonly #limits: PaceLimits
  /** The last responses, by shape. */
  readonly #recent = new Map<string, Map<N, { at: number; latencyMs: number }[]>>()
  readonly #slow = new Map<N, SlowNode>()
  /** Those that get one request at a time until one was quick. */
  readonly #returning = new Map<N, SlowNode & { quick: number }>()
  readonly #cameBack = new Map<N, { at: number; restMs: number }>()
  #truceEnds = -Infinity

  /** @param nodes all there are at the moment */
  constructor(nodes: () => readonly N[], limits: PaceLimits) {
    this.#nodes = nodes
    this.#limits = limits
  }

  isSlow(node: N): boolean {
    return this.#slow.has(node)
  }

  /** It was slow, and gets one request at a time until it is known better. */
  isReturning(node: N): boolean {
    return this.#returning.has(node)
  }

  /** Whether a slow node was left alone for long enough to be looked at. */
  isRested(node: N, now: number): boolean {
    const slow = this.#slow.get(node)
    return slow !== undefined && now - slow.at >= slow.restMs
  }

  /** A node responded. */
  observe(node: N, sample: Sample, now: number): PaceChange<N>[] {
    if (this.#nodes().length === 1) return []
    const recent = this.#note(node, sample, now)
    const changes = this.#compare(node, sample, now)
    if (this.#slow.has(node)) return changes
    const returning = this.#returning.get(node)
    if (returning !== undefined) return [...changes, ...this.#welcome(node, returning, sample, now)]
    const last = recent.map(({ latencyMs }) => latencyMs)
    if (last.length < chances || Math.min(...last) < this.#limits.slowMs) return changes
    const latencyMs = median(last)
    const best = this.#bestOfOthers(node, sample.shape, now)
    if (best === undefined) this.suspect(node, { ...sample, latencyMs }, now)
    else if (this.#isMuchSlower(latencyMs, best.latencyMs)) {
      this.#putBack(node, { ...sample, latencyMs }, now, true)
      if (this.#slow.has(node)) changes.push({ change: 'slow', node, latencyMs, than: best })
    }
    return changes
  }

  /** The node goes behind the others, until one of them shows whether it is faster. */
  suspect(node: N, sample: Sample, now: number): void {
    if (this.#nodes().length === 1 || this.#slow.has(node) || now < this.#truceEnds) return
    this.#putBack(node, sample, now, false)
    const suspects = [...this.#slow.values()].filter(({ confirmed }) => !confirmed)
    if (suspects.length >= maxSuspects) this.#callTruce(now)
  }

  /** The node responded to a ping; a quick response lets it have a request. */
  reconsider(node: N, latencyMs: number, now: number): void {
    const slow = this.#slow.get(node)
    if (slow === undefined) return
    if (latencyMs >= this.#limits.slowMs / 2) slow.at = now
    else {
      this.#slow.delete(node)
      this.#returning.set(node, { ...slow, quick: 0 })
    }
  }

  /** The node is none of them any more. */
  forget(node: N): void {
    for (const each of [this.#slow, this.#returning, this.#cameBack, ...this.#recent.values()])
      each.delete(node)
  }

  #note(node: N, { shape, latencyMs }: Sample, now: number): { latencyMs: number }[] {
    let byNode = this.#recent.get(shape)
    if (byNode === undefined) {
      const [oldest] = this.#recent.keys()
      if (oldest !== undefined && this.#recent.size >= maxShapes) this.#recent.delete(oldest)
      byNode = new Map()
      this.#recent.set(shape, byNode)
    }
    const fresh = (byNode.get(node) ?? []).filter(({ at }) => now - at < freshMs)
    const recent = [...fresh.slice(1 - chances), { at: now, latencyMs }]
    byNode.set(node, recent)
    return recent
  }

  #isMuchSlower(slowMs: number, quickMs: number): boolean {
    return quickMs < slowMs * muchFaster && slowMs - quickMs >= this.#limits.slowMs
  }

  /** The fastest of the others that were asked the same often enough a moment ago. */
  #bestOfOthers(node: N, shape: string, now: number): { node: N; latencyMs: number } | undefined {
    const others = [...(this.#recent.get(shape) ?? [])].flatMap(([other, samples]) => {
      const fresh = samples.filter(({ at }) => now - at < freshMs)
      if (other === node || fresh.length < chances) return []
      return { node: other, latencyMs: median(fresh.map(({ latencyMs }) => latencyMs)) }
    })
    return others.toSorted((a, b) => a.latencyMs - b.latencyMs)[0]
  }

  /** What another node takes decides about those that are suspected. */
  #compare(node: N, sample: Sample, now: number): PaceChange<N>[] {
    const { shape, latencyMs } = sample
    if (this.#slow.has(node)) return []
    const suspects = [...this.#slow].filter(([, slow]) => !slow.confirmed && slow.shape === shape)
    const guilty = suspects.filter(([, slow]) => this.#isMuchSlower(slow.latencyMs, latencyMs))
    for (const [, slow] of guilty) slow.confirmed = true
    // One more that is as slow: the next one decides about both.
    if (guilty.length < suspects.length && latencyMs >= this.#limits.slowMs)
      this.suspect(node, sample, now)
    else if (guilty.length < suspects.length) this.#callTruce(now)
    return guilty.map(([other, slow]) => ({
      change: 'slow',
      node: other,
      latencyMs: slow.latencyMs,
      than: { node, latencyMs }
    }))
  }

  #putBack(node: N, sample: Sample, now: number, confirmed: boolean): void {
    const cameBack = this.#cameBack.get(node)
    const hasRelapsed = cameBack !== undefined && now - cameBack.at < relapseMs
    const last = this.#returning.get(node) ?? (hasRelapsed ? cameBack : undefined)
    const restMs = last === undefined ? this.#limits.restMs : Math.min(maxRestMs, last.restMs * 2)
    this.#returning.delete(node)
    this.#slow.set(node, { ...sample, at: now, restMs, confirmed })
    if (this.#slow.size < this.#nodes().length) return
    this.#slow.clear()
    this.#callTruce(now)
  }

  /** A node that was slow has a request again: the same as then decides, or several others. */
  #welcome(
    node: N,
    before: SlowNode & { quick: number },
    sample: Sample,
    now: number
  ): PaceChange<N>[] {
    const best = this.#bestOfOthers(node, sample.shape, now)?.latencyMs
    const isQuick =
      sample.latencyMs < this.#limits.slowMs ||
      (best !== undefined && !this.#isMuchSlower(sample.latencyMs, best))
    if (!isQuick && sample.shape === before.shape) {
      this.#putBack(node, sample, now, before.confirmed)
      return []
    }
    if (isQuick) before.quick += 1
    if (!isQuick || (sample.shape !== before.shape && before.quick < chances)) return []
    this.#returning.delete(node)
    this.#cameBack.set(node, { at: now, restMs: before.restMs })
    return [{ change: 'quick', node }]
  }

  /** It is not the nodes: the order stays as it was. */
  #callTruce(now: number): void {
    for (const [node, { confirmed }] of this.#slow) if (!confirmed) this.#slow.delete(node)
    this.#truceEnds = now + truceMs
  }
}
