import { type Judgement, judge } from '../catalog/effects/judge.ts'
import { blankBody } from '../catalog/call/body-secrets.ts'
import type { Catalog, Schema } from '../catalog/load.ts'
import {
  type ClusterApi,
  type ClusterRequest,
  type ClusterResponse,
  isRead
} from '../hypercore/cluster-api.ts'
import type { Admission, RequestGuard } from '../hypercore/request-guard.ts'
import { splitTags } from '../hypercore/tags.ts'
import type { CallAuthority } from '../identity/authority.ts'
import type { Principal } from '../identity/principal.ts'
import { scopeRequired } from '../identity/scope-required.ts'
import { scopeOf } from '../identity/scope.ts'
import { type AllowedAddress, isAllowedAddress } from '../lib/allowed-address.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { type Effect, effects } from '../lib/effect.ts'
import { BridgeError } from '../lib/errors.ts'
import { quoteName, quoteText } from '../lib/quote.ts'
import { type Approvals, bindingOf, waits } from './approvals.ts'
import { changesOf, DryRun } from './dry-run.ts'
import type { ApprovalFloor, PolicySettings } from './policy-settings.ts'
import { readOnlyRefusal } from './read-only.ts'
import { readTargets, type TargetFacts } from './target-facts.ts'
import { bearsTag, holdToLimit, isLimited, withinLimit } from './vm-limit.ts'
import { vmsTouched } from './vms-touched.ts'
import { WriteRate } from './write-rate.ts'

export interface PolicyOptions {
  settings: PolicySettings
  catalog: Catalog
  approvals: Approvals
  /** The archive of exports, to which and from which data may always go. */
  archive: AllowedAddress | undefined
  /** Whether somebody else than this principal may approve. */
  hasApprover: (principal: Principal) => boolean | Promise<boolean>
  /** What whoever runs the bridge does so that somebody may, to stand after a full stop. */
  approverHint: () => string
  /** Where plans are decided on. */
  consoleUrl: () => string
}

/** The effects that need a person, by the setting APPROVAL. */
const floors: Record<ApprovalFloor, readonly Effect[]> = {
  off: [],
  interrupt: ['interrupt', 'lose', 'egress', 'control'],
  lose: ['lose', 'egress', 'control'],
  write: effects.filter((effect) => effect !== 'read')
}

/** Targets that a sentence names; the plan has all. */
const maxNamed = 5

const snapshots = /^\/VirDomainSnapshot\/?$/

/**
 * What the operator and the token allow, asked before every request to the cluster: scopes by effect, the
 * VMs of a limited token, addresses, how much at once, and whether a person has to approve it.
 */
export class Policy implements RequestGuard {
  readonly approvals: Approvals
  readonly #options: PolicyOptions
  readonly #rate: WriteRate

  constructor(options: PolicyOptions) {
    this.#options = options
    this.approvals = options.approvals
    this.#rate = new WriteRate(options.settings.writesPerMinute)
  }

  async admit(request: ClusterRequest, cluster: ClusterApi): Promise<Admission> {
    const { authority } = request
    if (authority === undefined) {
      if (isRead(request.method, request.path)) return { effect: 'read', reason: '', targets: [] }
      throw new Error(`${request.method} ${request.path} was to be sent on nobody's behalf`)
    }
    return this.#decide(request, authority, cluster)
  }

  admitSession(request: ClusterRequest, { principal }: CallAuthority): Admission {
    const judgement = judge(this.#options.catalog, request)
    const refusal = this.#refusal(request, principal, judgement)
    if (refusal !== undefined) throw refusal
    const { effect, reason } = judgement
    return { effect, reason, targets: [] }
  }

  async visible(
    request: ClusterRequest,
    response: ClusterResponse,
    cluster: ClusterApi
  ): Promise<ClusterResponse> {
    if (response.written !== undefined) return response
    const principal = request.authority?.principal
    return principal === undefined || !isLimited(principal)
      ? response
      : withinLimit(cluster, principal, request, response)
  }

  async #decide(
    request: ClusterRequest,
    authority: CallAuthority,
    cluster: ClusterApi
  ): Promise<Admission> {
    const { principal } = authority
    const judgement = judge(this.#options.catalog, request)
    const { effect, reason } = judgement
    const refusal = this.#refusal(request, principal, judgement)
    if (authority.dryRun === true && !isRead(request.method, request.path)) {
      if (!principal.scopes.has('read'))
        throw scopeRequired(principal, 'Looking at the target', ['read'])
      throw await this.#preview(request, principal, judgement, refusal, cluster)
    }
    if (refusal !== undefined) throw refusal
    if (effect === 'read') return { effect, reason, targets: [] }
    await this.#requireOwnVms(request, principal, judgement, cluster)
    const because = await this.#needsPerson(request, principal, judgement, cluster)
    const admission: Admission = { effect, reason, targets: judgement.targets }
    if (because !== undefined) {
      const plan = await this.#approved(request, authority, judgement, because, cluster)
      admission.plan = { id: plan.id, approver: plan.decidedBy ?? '' }
      admission.ended = (outcome) => this.approvals.ended(plan.id, outcome)
    }
    this.#rate.count(principal.name)
    return admission
  }

  /** What forbids a request whatever the cluster looks like; undefined where nothing does. */
  #refusal(
    { method, path }: ClusterRequest,
    principal: Principal,
    { effect, reason, addresses }: Judgement
  ): BridgeError | undefined {
    if (this.#options.settings.readOnly && effect !== 'read') return readOnlyRefusal(reason)
    const scope = scopeOf(effect)
    if (!principal.scopes.has(scope))
      return scopeRequired(principal, `What ${method} ${path} does (${reason})`, [scope])
    return this.#addressRefusal(addresses)
  }

  /** @throws {BridgeError} TARGET_REFUSED, SCOPE_REQUIRED */
  async #requireOwnVms(
    request: ClusterRequest,
    principal: Principal,
    judgement: Judgement,
    cluster: ClusterApi
  ): Promise<void> {
    if (!isLimited(principal)) return
    const retags = await holdToLimit(cluster, principal, request, judgement)
    if (retags && !principal.scopes.has('control'))
      throw scopeRequired(principal, 'Changing tags, by which this token is limited,', ['control'])
  }

  #addressRefusal(addresses: Judgement['addresses']): BridgeError | undefined {
    const { settings, archive } = this.#options
    const own = archive === undefined ? [] : [archive]
    for (const { kind, address } of addresses) {
      const [allowed, setting, words] =
        kind === 'import'
          ? [settings.importSources, 'IMPORT_SOURCES', 'Nothing may come from']
          : [settings.exportTargets, 'EXPORT_TARGETS', 'Nothing may go to']
      if (!isAllowedAddress(address, [...own, ...allowed]))
        return new BridgeError(
          'TARGET_REFUSED',
          `${words} ${quoteText(address)}: the operator lists where it may in ${setting} (the archive of SCALE_EXPORT_URI always counts). Nothing was sent`,
          { details: { setting } }
        )
    }
    return undefined
  }

  /** Why a person has to approve a write; undefined where nobody has to. */
  async #needsPerson(
    request: ClusterRequest,
    principal: Principal,
    judgement: Judgement,
    cluster: ClusterApi
  ): Promise<string | undefined> {
    const { approval, maxTargets, protectedTags } = this.#options.settings
    const { effect, targets } = judgement
    if (floors[approval].includes(effect)) return `APPROVAL=${approval}, and this is ${effect}`
    if (targets.length > maxTargets)
      return `it touches ${targets.length} objects at once, and MAX_TARGETS is ${maxTargets}`
    const isSnapshot = request.method === 'POST' && snapshots.test(request.path)
    if (protectedTags.length > 0 && !isSnapshot) {
      const touched = await vmsTouched(cluster, request, targets)
      const guarded = touched.find((vm) => bearsTag(vm, protectedTags))
      if (guarded !== undefined)
        return `VM ${quoteName(guarded.name)} is protected by its tags (PROTECTED_TAGS)`
    }
    if (this.#rate.isSpent(principal.name))
      return `this token has made its ${this.#options.settings.writesPerMinute} writes of this minute (WRITES_PER_MINUTE)`
    return undefined
  }

  async #preview(
    request: ClusterRequest,
    principal: Principal,
    judgement: Judgement,
    refusal: BridgeError | undefined,
    cluster: ClusterApi
  ): Promise<DryRun> {
    await this.#requireOwnVms(request, principal, judgement, cluster)
    const because = await this.#needsPerson(request, principal, judgement, cluster)
    const facts = await readTargets(cluster, judgement, request.signal)
    const shown = this.#shownRequest(request)
    const blanked = facts.map((fact) => ({
      ...fact,
      record: blankBody(
        this.#options.catalog,
        this.#schemaOf(request),
        fact.record
      ) as TargetFacts['record']
    }))
    return new DryRun({
      request: shown,
      effect: judgement.effect,
      summary: summaryOf(judgement, facts),
      needsApproval: because,
      refused: refusal?.message,
      targets: facts.map(({ target }) => target),
      ...changesOf(request, shown.body, blanked)
    })
  }

  /**
   * The plan that a person has approved for this request, which is used with that.
   * @throws {BridgeError} APPROVAL_REQUIRED with a new plan where there is none
   */
  async #approved(
    request: ClusterRequest,
    authority: CallAuthority,
    judgement: Judgement,
    because: string,
    cluster: ClusterApi
  ): Promise<{ id: string; decidedBy: string | undefined }> {
    const { approvals, hasApprover, approverHint, consoleUrl } = this.#options
    const { principal, plan, tool = '', stamp = '' } = authority
    const facts = await readTargets(cluster, judgement, request.signal)
    const { method, path, query, body } = request
    const binding = bindingOf(
      canonicalJson([method, path, query ?? {}, body]),
      canonicalJson(facts.map(({ fingerprint }) => fingerprint))
    )
    if (plan !== undefined) return approvals.redeem(plan, binding, principal)
    const summary = summaryOf(judgement, facts)
    if (!(await hasApprover(principal)))
      throw new BridgeError(
        'APPROVAL_REQUIRED',
        `Not sent: it needs a person's approval (${because}), and nobody may give it. It would: ${summary}. ${approverHint()}`
      )
    const asked = approvals.ask(
      {
        tool,
        effect: judgement.effect,
        because,
        summary,
        request: this.#shownRequest(request),
        does: judgement.reason,
        targets: facts.map(({ target }) => target),
        vms: (await vmsTouched(cluster, request, judgement.targets)).map(({ tags }) => ({
          tags: splitTags(tags)
        }))
      },
      binding,
      principal,
      stamp
    )
    throw waits(asked, consoleUrl())
  }

  #schemaOf({ method, path }: ClusterRequest): Schema | undefined {
    const found = this.#options.catalog.match(`/rest/v1${path}`)
    return found?.operations.find((operation) => operation.method === method)?.body?.schema
  }

  #shownRequest(request: ClusterRequest): {
    method: ClusterRequest['method']
    path: string
    body: unknown
  } {
    const { method, path, query, body } = request
    const shown = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {}))
      if (typeof value === 'object') for (const item of value) shown.append(name, item)
      else if (value !== undefined) shown.append(name, String(value))
    return {
      method,
      path: `/rest/v1${path}${shown.size === 0 ? '' : `?${shown.toString()}`}`,
      body: blankBody(this.#options.catalog, this.#schemaOf(request), body) ?? null
    }
  }
}

/** A target as a sentence has it: `VM "web-01" (RUNNING, tagged prod)`. */
function describeTarget({ target }: TargetFacts): string {
  const { entity, uuid, name, state, tags, loses } = target
  const kind = entity === 'VirDomain' ? 'VM' : entity
  const facts = [
    ...(state === undefined ? [] : [state]),
    ...(tags.length === 0 ? [] : [`tagged ${tags.map((tag) => quoteName(tag)).join(', ')}`]),
    ...(loses.length === 0 ? [] : [`with it go ${loses.join(', ')}`])
  ]
  const shown = `${kind} ${name === undefined ? uuid : quoteName(name)}`.trim()
  return facts.length === 0 ? shown : `${shown} (${facts.join('; ')})`
}

/** What a request would do, in a sentence. */
export function summaryOf({ reason }: Judgement, facts: readonly TargetFacts[]): string {
  const named = facts.slice(0, maxNamed).map(describeTarget)
  const more = facts.length - named.length
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return list === '' ? reason : `${reason}: ${list}`
}
