import { redactBody, withoutSecrets } from '../catalog/call/body-secrets.ts'
import type { Catalog, Schema } from '../catalog/load.ts'
import { streamFacts } from '../hypercore/requests/stream-body.ts'
import type { PlannedWrite } from '../hypercore/writes/write-ledger.ts'
import type { CallAuthority } from '../identity/authority.ts'
import type { CallScope } from '../ledger/call-scope.ts'
import { bodyHash } from '../ledger/body-hash.ts'
import { targetsOf } from '../ledger/targets.ts'
import type { JsonObject } from '../lib/json/json.ts'
import { oneLine } from '../lib/text/one-line.ts'
import { isUuid } from '../lib/text/uuid.ts'
import type { Outgoing, Withheld } from '../lib/secrets/outgoing.ts'
import { shorten } from './shorten.ts'

/** Hold passwords and keys of guests more often than not. */
const withheld: Withheld = { cloudInitData: 'not recorded' }

/** As a client names itself. */
const maxClientLength = 200

const defined = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** A request, as the record tells of it. */
export type DescribedRequest = Pick<
  PlannedWrite,
  'method' | 'path' | 'query' | 'body' | 'stream' | 'admission' | 'nameOf'
>

/** Describes requester and request in fields of an entry, without secrets. */
export class Describer {
  readonly #catalog: () => Catalog
  readonly #outgoing: Outgoing

  /** @param catalog as it is when something is described: it may be imported again meanwhile */
  constructor(catalog: () => Catalog, outgoing: Outgoing) {
    this.#catalog = catalog
    this.#outgoing = outgoing
  }

  /** The requester; for the bridge itself, only the token `bridge`. */
  who(authority: CallAuthority | undefined): JsonObject {
    if (authority === undefined) return { token: 'bridge' }
    const { principal, origin } = authority
    const { name, kind, person } = principal
    const claimed = origin?.user === undefined ? undefined : { name: origin.user, verified: false }
    return this.#clean({
      token: name,
      tokenKind: kind,
      person: person ?? claimed,
      address: origin?.address,
      client: origin?.client && oneLine(origin.client, maxClientLength),
      chat: origin?.chat,
      surface: origin?.surface,
      request: origin?.request
    })
  }

  /** What is asked for. */
  what(request: DescribedRequest, call: CallScope | undefined): JsonObject {
    const { method, path, query, admission, stream } = request
    // What is sent as bytes is recorded by their number; their hash follows when they have been sent.
    const body = stream === undefined ? request.body : streamFacts(stream)
    const shown = redactBody(this.#catalog(), this.#schemaOf(request), body)
    return this.#clean({
      call: call?.callId,
      tool: call?.tool,
      args: call && shorten(call.args),
      method,
      path,
      query: query && Object.keys(query).length > 0 ? query : undefined,
      body: shorten(this.#outgoing.record(shown, withheld)),
      bodyHash: bodyHash(body),
      effect: admission?.effect,
      reason: admission?.reason,
      targets: this.#targets(request, call),
      plan: admission?.plan?.id,
      approver: admission?.plan?.approver
    })
  }

  /** Takes the secrets of a request out of what others say of it. */
  cleaner(request: DescribedRequest): (text: string) => string {
    const clean = withoutSecrets(this.#catalog(), this.#schemaOf(request), request.body)
    return (text) => this.#outgoing.text(clean(text))
  }

  /** Any fields, as they may be recorded. */
  clean(fields: JsonObject): JsonObject {
    return this.#clean(fields)
  }

  #clean(fields: JsonObject): JsonObject {
    return this.#outgoing.record(defined(fields), withheld)
  }

  #targets(request: DescribedRequest, call: CallScope | undefined): JsonObject[] {
    const { admission, nameOf } = request
    const known =
      admission?.targets ??
      [...new Set([...(call?.targets ?? []), ...targetsOf(request)])].map((uuid) => ({ uuid }))
    const vm = call?.args['vmUUID']
    // What was done to a VM includes its disks, NICs and snapshots.
    const all =
      typeof vm === 'string' && isUuid(vm) && known.every(({ uuid }) => uuid !== vm.toLowerCase())
        ? [...known, { entity: 'VirDomain', uuid: vm.toLowerCase() }]
        : known
    return all.map((target) => defined({ name: nameOf?.(target.uuid), ...defined({ ...target }) }))
  }

  #schemaOf({ method, path }: DescribedRequest): Schema | undefined {
    const operations = this.#catalog().match(`/rest/v1${path}`)?.operations
    return operations?.find((operation) => operation.method === method)?.body?.schema
  }
}
