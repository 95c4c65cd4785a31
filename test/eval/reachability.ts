import type { Tool } from '../../src/tools/define-tool.ts'
import type { ResponseForm } from '../../src/views/text/text-form.ts'
import { startTestBridge, type TestBridge, type ToolAnswer } from '../helper/bridge.ts'
import { type Found, idsIn } from './harvest.ts'
import type { Owner } from './owner.ts'

/** One id argument of one tool, and whether answers alone led to a value for it. */
export interface IdArgument {
  tool: string
  argument: string
  /** A value that the tool accepted; undefined where none of those found was. */
  value?: string
  /** The tool whose answer held it. */
  from?: string
  /** The tool refuses an id that nothing has, so that accepting one means something. */
  refusesUnknown?: boolean
}

type Args = Record<string, unknown>

/** What a model writes by itself: nothing here is known from the cluster. */
const ownWords: Record<string, Args> = {
  fetch_vm: { name: 'a' },
  changeVM_state: { actionType: 'START', wait: 5 },
  createVM: { name: 'reach-01', wait: 5 },
  updateVM: { description: 'reached', wait: 5 },
  snapshotVM: { label: 'reached', wait: 5 },
  cloneVM: { name: 'reach-02', wait: 5 },
  importVM: { name: 'reach-03', wait: 5 },
  resizeDisk: { disk: '0', addGiB: 1, dry_run: true },
  addDisk: { sizeGiB: 1, dry_run: true },
  removeDisk: { disk: '0', sure: true, dry_run: true },
  changeNIC: { nic: '1', vlan: 30, dry_run: true },
  addNIC: { vlan: 20, dry_run: true },
  insertISO: { iso: 'memtest86-10', dry_run: true },
  bootOrder: { order: ['disk'], dry_run: true },
  restoreVM: { snapshot: 'newest', dry_run: true },
  query_api: { query: 'list the snapshot schedules' },
  ask_api: { question: 'how?' }
}

/** Arguments that are not ids, although their names end like ids or their descriptions name one. */
export const noIds: readonly string[] = ['macAddress', 'steps']

/** What is meant by a name, or by the id that a response has of it. */
const idName = /(?:uuid|tag|uri|filename|bootdevices)$|^(?:disk|nic|iso|snapshot|target)$/i

const isList = (tool: Tool, argument: string): boolean =>
  tool.input.properties[argument]?.['type'] === 'array'

/** The arguments of a tool that take what only an answer can tell. */
export const idArgumentsOf = (tool: Tool): string[] =>
  Object.keys(tool.input.properties).filter((name) => idName.test(name) && !noIds.includes(name))

const unknownIds: Record<string, string> = {
  taskTag: '999999999',
  pathURI: 'smb://nowhere.example/none/none',
  definitionFileName: 'none.xml'
}

/** What a value of an argument looks like; no model gives a uuid for a task. */
const forms: [name: RegExp, form: RegExp][] = [
  [/tag$/i, /^\d+$/],
  [/uri$/i, /^\w+:\/\//],
  [/filename$/i, /\.\w+$/],
  [/./, /^[0-9a-f]{8}-[0-9a-f-]{27}$/]
]

const formOf = (argument: string): RegExp =>
  forms.find(([name]) => name.test(argument))?.[1] ?? /^$/

const maxTries = 60
const maxBases = 8
const maxKept = 12

/** A model without any knowledge, which calls what it can and remembers the ids it reads. */
class Explorer {
  readonly #bridge: TestBridge
  readonly #form: ResponseForm
  /** By value, each with all the answers it stood in. */
  readonly #found = new Map<string, Found[]>()
  /** Values of required arguments that were accepted, by name. */
  readonly #accepted = new Map<string, string[]>()

  constructor(bridge: TestBridge, form: ResponseForm) {
    this.#bridge = bridge
    this.#form = form
  }

  async #call(tool: Tool, args: Args): Promise<ToolAnswer> {
    const accept = this.#form === 'text' ? 'text/plain' : 'application/json'
    return this.#bridge.call(tool.name, args, { accept })
  }

  /** Calls and reads the answer; false where it was refused, or what it started failed. */
  async #learn(tool: Tool, args: Args): Promise<boolean> {
    const answer = await this.#call(tool, args)
    if (answer.status !== 200) return false
    const reads = tool.annotations.readOnlyHint || tool.name === 'run_api'
    if (!reads && /\bERROR\b/.test(answer.text)) return false
    this.#remember(tool, args, answer)
    return true
  }

  #remember(tool: Tool, args: Args, answer: ToolAnswer): void {
    for (const { value, field } of idsIn(this.#form, answer)) {
      const places = this.#found.get(value) ?? []
      this.#found.set(value, [...places, { value, field, tool: tool.name, args }])
    }
  }

  /** The arguments that have to be given beside the one in question; undefined while one is unknown. */
  #bases(tool: Tool, argument: string): Args[] {
    const needed = (tool.input.required ?? []).filter((name) => name !== argument)
    const words = ownWords[tool.name] ?? {}
    const ids = needed.filter((name) => idArgumentsOf(tool).includes(name) && !(name in words))
    const [id] = ids
    if (id === undefined) return [words]
    // What was accepted may no longer exist: a snapshot can be deleted once.
    const others = this.#candidates(tool, id, {}).map(({ value }) => value)
    const values = new Set([...(this.#accepted.get(id) ?? []), ...others])
    return [...values].slice(0, maxBases).map((value) => ({ ...words, [id]: value }))
  }

  /**
   * Ids worth trying, the likeliest first: read in an answer about the same thing, from a call that
   * has the argument's word in it, or from a tool that is named.
   */
  #candidates(tool: Tool, argument: string, base: Args): Found[] {
    const given = new Set(Object.values(base))
    const about = new Set([
      ...given,
      ...[...given].flatMap((value) =>
        (this.#found.get(String(value)) ?? []).flatMap(({ args }) => Object.values(args))
      )
    ])
    const known = this.#accepted.get(argument) ?? []
    const words = `${tool.input.properties[argument]?.description} ${tool.description}`
    const stem = argument.replace(/uuid$/i, '').toLowerCase()
    const isAbout = ({ tool: from, args }: Found): boolean =>
      `${from} ${JSON.stringify(args)}`.toLowerCase().includes(stem)
    const weight = (found: Found): number =>
      (known.includes(found.value) ? 8 : 0) +
      (about.has(found.value) || Object.values(found.args).some((each) => about.has(each))
        ? 4
        : 0) +
      (isAbout(found) ? 2 : 0) +
      (found.field === argument ? 2 : 0) +
      // A record's own id, where the tool that lists such records is named.
      (words.includes(found.tool) ? (found.field === 'uuid' ? 2 : 1) : 0) +
      // What was asked for says more than what stands in a list of everything.
      (Object.keys(found.args).length > 0 ? 0.5 : 0)
    return [...this.#found]
      .filter(([value]) => formOf(argument).test(value) && !given.has(value))
      .map(([, places]) => {
        const [best] = places.toSorted((a, b) => weight(b) - weight(a))
        return best as Found
      })
      .toSorted((a, b) => weight(b) - weight(a))
      .slice(0, maxTries)
  }

  /** Looks around with what needs no id. */
  async look(tools: Tool[]): Promise<void> {
    for (const tool of tools)
      if (tool.annotations.readOnlyHint && !tool.annotations.openWorldHint)
        await this.#learn(tool, ownWords[tool.name] ?? {})
    const api = tools.find(({ name }) => name === 'run_api')
    const paths = [...this.#found.keys()].filter((value) => /^\/[A-Z]\w+$/.test(value))
    if (api !== undefined)
      for (const query of paths) await this.#learn(api, { query, method: 'GET' })
  }

  /** Tries what was read for one argument until the tool takes it. */
  async reach(tool: Tool, argument: string): Promise<IdArgument> {
    const asked = (value: string): unknown => (isList(tool, argument) ? [value] : value)
    const explores = tool.annotations.readOnlyHint
    const at: IdArgument = { tool: tool.name, argument }
    let acceptedWith: Args | undefined
    let taken = 0
    for (const base of this.#bases(tool, argument)) {
      for (const { value, tool: from } of this.#candidates(tool, argument, base)) {
        if (!(await this.#learn(tool, { ...base, [argument]: asked(value) }))) continue
        if (taken === 0) Object.assign(at, { value, from })
        acceptedWith ??= base
        const accepted = this.#accepted.get(argument) ?? []
        if (!accepted.includes(value)) this.#accepted.set(argument, [...accepted, value])
        taken += 1
        if (!explores || taken >= maxKept) break
      }
      if (acceptedWith !== undefined) break
    }
    if (acceptedWith === undefined) return at
    return { ...at, refusesUnknown: await this.#refusesUnknown(tool, acceptedWith, argument) }
  }

  async #refusesUnknown(tool: Tool, base: Args, argument: string): Promise<boolean> {
    const unknown = unknownIds[argument] ?? '00000000-0000-4000-8000-000000000000'
    const value = isList(tool, argument) ? [unknown] : unknown
    const answer = await this.#call(tool, { ...base, [argument]: value })
    return answer.status !== 200 || /\bERROR\b/.test(answer.text)
  }
}

/** What deletes is tried last: it takes away what was found. */
const caution = ({ annotations, name }: Tool): number =>
  annotations.readOnlyHint ? 0 : /delete/i.test(name) ? 2 : 1

/**
 * Starts without any knowledge and calls tools with nothing but ids that earlier answers of this form
 * held, until nothing new can be reached.
 */
export async function measureReachability(owner: Owner, form: ResponseForm): Promise<IdArgument[]> {
  const bridge = await startTestBridge(owner, {
    simulator: { speed: 500 },
    config: { logLevel: 'silent' }
  })
  const tools = [...bridge.app.tools.values()].toSorted((a, b) => caution(a) - caution(b))
  const explorer = new Explorer(bridge, form)
  await explorer.look(tools)
  const open = new Map<string, IdArgument>()
  const reached = new Map<string, IdArgument>()
  let progress = true
  while (progress) {
    progress = false
    for (const tool of tools)
      for (const argument of idArgumentsOf(tool)) {
        const key = `${tool.name} ${argument}`
        if (reached.has(key)) continue
        const at = await explorer.reach(tool, argument)
        open.set(key, at)
        if (at.value === undefined) continue
        reached.set(key, at)
        progress = true
      }
  }
  return [...open].map(([key, at]) => reached.get(key) ?? at)
}
