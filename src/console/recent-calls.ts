/** A call of a tool, as the record has it. Holds no secret. */
export interface RecentCall {
  /** Unix milliseconds. */
  at: number
  /** Name of the token, and the person behind it as far as one is known. */
  who: string
  person: { name: string; verified: boolean } | null
  tool: string
  effect: string
  /** What it acted on, by name where one is known. */
  targets: string[]
  /** What became of it, in a few words. */
  outcome: string
  /** The plan that it carried out. */
  plan: string | null
}

/** Where the last calls are known. */
export interface RecentCalls {
  /** The newest first. */
  recent(max: number): RecentCall[] | Promise<RecentCall[]>
}
