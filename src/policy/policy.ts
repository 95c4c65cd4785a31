import { type Judgement, judge } from '../catalog/effects/judge.ts'
import { redactBody } from '../catalog/call/body-secrets.ts'
import type { Catalog } from '../catalog/load.ts'
import {
  type ClusterApi,
  type ClusterRequest,
  type ClusterResponse,
  isRead
} from '../hypercore/cluster-api.ts'
import type { Admission, RequestGuard } from '../hypercore/requests/request-guard.ts'
import { contentOf, type PlannedRequest, SequenceGrant } from '../hypercore/writes/sequence.ts'
import { splitTags } from '../hypercore/records/tags.ts'
import type { CallAuthority, Grant } from '../identity/authority.ts'
import type { Principal } from '../identity/principal.ts'
import { scopeRequired } from '../identity/scope-required.ts'
import { scopeOf } from '../identity/scope.ts'
import type { SplitAddress } from '../lib/http/address-login.ts'
import { isAllowedAddress } from '../lib/http/allowed-address.ts'
import { canonicalJson } from '../lib/json/canonical-json.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { quoteName, quoteText } from '../lib/text/quote.ts'
import type { Approvals } from './approvals.ts'
import { bindingOf } from './binding.ts'
import type { LossWords } from './losses.ts'
import { waits } from './plan-errors.ts'
import { tooMuchAtOnce } from './blast-radius.ts'
import { changesOf, DryRun, type Preview } from './dry-run.ts'
import { needsPerson, type PolicySettings } from './policy-settings.ts'
import { judgeAll, type JudgedStep, together } from './judged-steps.ts'
import { summaryOf } from './summary.ts'
import { itWould } from './would.ts'
import { readOnlyRefusal } from './read-only.ts'
import { readTargets, type TargetFacts } from './target-facts.ts'
import { hasTag, holdToLimit, isLimited, withinLimit } from './vm-limit.ts'
import { bodySchema, shownRequest } from './shown-request.ts'
import { vmsTouched } from './vms-touched.ts'
import { WriteRate } from './write-rate.ts'

export interface PolicyOptions {
  settings: PolicySettings
  catalog: Catalog
  approvals: Approvals
  /** Counts what each token writes; default: by this process alone. */
  rate?: WriteRate
  /** The archive of exports, to which and from which data may always go. */
  archive: SplitAddress | undefined
  /** Whether anyone other than this principal may approve. */
  hasApprover: (principal: Principal) => boolean | Promise<boolean>
  /** What the administrator does so that a person may, to stand after a full stop. */
  approverHint: () => string
  /** Where plans are decided on. */
  consoleUrl: () => string
  /** Names what would be lost with a target, for the person who approves it. */
  lossWords: LossWords
}

const snapshots = /^\/VirDomainSnapshot\/?$/

/** What is decided on as one: a request, or all of a sequence, and what they do together. */
interface JudgedCall {
  requests: readonly ClusterRequest[]
  judgement: Judgement
}

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
    this.#rate = options.rate ?? new WriteRate({ max: options.settings.writesPerMinute })
  }

  async admit(request: ClusterRequest, cluster: ClusterApi): Promise<Admission> {
    const { authority } = request
    if (authority === undefined) {
      if (isRead(request.method, request.path)) return { effect: 'read', reason: '', targets: [] }
      throw new Error(`${request.method} ${request.path} was to be sent without a principal`)
    }
    return this.#decide(request, authority, cluster)
  }

  async admitAll(
    requests: readonly PlannedRequest[],
    authority: CallAuthority,
    cluster: ClusterApi,
    signal: AbortSignal
  ): Promise<Grant> {
    const { principal } = authority
    const steps = judgeAll(this.#options.catalog, requests)
    const refusalOf = (judged: readonly JudgedStep[]): BridgeError | undefined =>
      judged
        .map(({ request, judgement }) => this.#refusal(request, principal, judgement))
        .find((each) => each !== undefined)
    const early = refusalOf(steps)
    if (authority.dryRun === true) requireReading(principal)
    else if (early !== undefined) throw early
    const within: JudgedStep[] = []
    for (const { request, judgement } of steps) {
      const own = await this.#withinLimit({ ...request, signal }, principal, judgement, cluster)
      within.push({ request, judgement: own })
    }
    const call = {
      requests: requests.map((request) => ({ ...request, signal })),
      judgement: together(within)
    }
    const refusal = early ?? refusalOf(within)
    if (authority.dryRun === true) throw await this.#preview(call, authority, refusal, cluster)
    if (refusal !== undefined) throw refusal
    const because = await this.#needsPerson(call, principal, cluster, true)
    if (because === undefined) return new SequenceGrant(requests, undefined)
    const { id, decidedBy = '' } = await this.#approved(call, authority, because, cluster)
    return new SequenceGrant(
      requests,
      { id, approver: decidedBy },
      (outcome) => void this.approvals.ended(id, outcome)
    )
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
    const judged = judge(this.#options.catalog, request)
    if (authority.grant?.discards(request) === true)
      return { effect: 'change', reason: 'discards a partial upload', targets: judged.targets }
    const early = this.#refusal(request, principal, judged)
    const isDry = authority.dryRun === true && !isRead(request.method, request.path)
    if (isDry) requireReading(principal)
    else if (early !== undefined) throw early
    if (judged.effect === 'read') return { effect: 'read', reason: judged.reason, targets: [] }
    const judgement = await this.#withinLimit(request, principal, judged, cluster)
    const refusal = early ?? this.#refusal(request, principal, judgement)
    const call = { requests: [request], judgement }
    if (isDry) throw await this.#preview(call, authority, refusal, cluster)
    if (refusal !== undefined) throw refusal
    const { effect, reason, targets } = judgement
    const admission: Admission = { effect, reason, targets }
    if (authority.grant?.takes(request) === true) {
      if (authority.grant.plan !== undefined) admission.plan = authority.grant.plan
      return admission
    }
    const because = await this.#needsPerson(call, principal, cluster, true)
    if (because !== undefined) {
      const plan = await this.#approved(call, authority, because, cluster)
      admission.plan = { id: plan.id, approver: plan.decidedBy ?? '' }
      admission.ended = (outcome) => void this.approvals.ended(plan.id, outcome)
    }
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

  /**
   * What a request does for a principal: for a limited one, changing tags is `control`.
   * @throws {BridgeError} TARGET_REFUSED
   */
  async #withinLimit(
    request: ClusterRequest,
    principal: Principal,
    judgement: Judgement,
    cluster: ClusterApi
  ): Promise<Judgement> {
    if (!isLimited(principal)) return judgement
    const retags = await holdToLimit(cluster, principal, request, judgement)
    if (!retags) return judgement
    const reason = 'changes tags, by which this token is limited'
    return { ...judgement, effect: 'control', reason, items: [{ effect: 'control', reason }] }
  }

  #addressRefusal(addresses: Judgement['addresses']): BridgeError | undefined {
    const { settings, archive } = this.#options
    const own = archive === undefined ? [] : [archive.address]
    for (const { kind, address } of addresses) {
      const [allowed, setting, words] =
        kind === 'import'
          ? [settings.importSources, 'IMPORT_SOURCES', 'Nothing may come from']
          : [settings.exportTargets, 'EXPORT_TARGETS', 'Nothing may go to']
      if (!isAllowedAddress(address, [...own, ...allowed], archive?.login))
        return new BridgeError(
          'TARGET_REFUSED',
          `${words} ${quoteText(address)}: the operator lists where it may in ${setting} (the archive of SCALE_EXPORT_URI always counts). Nothing was sent`,
          { details: { setting } }
        )
    }
    return undefined
  }

  /**
   * Why a person has to approve a write; undefined where no approval is required.
   * @param isSent whether its writes count from now on, unless a person has to approve them
   */
  async #needsPerson(
    { requests, judgement }: JudgedCall,
    principal: Principal,
    cluster: ClusterApi,
    isSent = false
  ): Promise<string | undefined> {
    const { approval, maxTargets, protectedTags } = this.#options.settings
    const { effect } = judgement
    if (needsPerson[approval].includes(effect)) return `APPROVAL=${approval}, and this is ${effect}`
    const tooMuch = tooMuchAtOnce(requests, judgement, maxTargets)
    if (tooMuch !== undefined) return tooMuch
    if (protectedTags.length > 0) {
      const others = requests.filter(
        ({ method, path }) => method !== 'POST' || !snapshots.test(path)
      )
      const touched = await vmsTouched(cluster, others, judgement)
      const guarded = touched.find((vm) => hasTag(vm, protectedTags))
      if (guarded !== undefined)
        return `VM ${quoteName(guarded.name)} is protected by its tags (PROTECTED_TAGS)`
    }
    return this.#rate[isSent ? 'take' : 'tooMany'](principal.name, judgement.items.length)
  }

  #facts({ requests, judgement }: JudgedCall, cluster: ClusterApi): Promise<TargetFacts[]> {
    return readTargets(cluster, judgement, this.#options.lossWords, requests[0]?.signal)
  }

  async #preview(
    call: JudgedCall,
    { principal, inWords }: CallAuthority,
    refusal: BridgeError | undefined,
    cluster: ClusterApi
  ): Promise<DryRun> {
    const { requests, judgement } = call
    const because = await this.#needsPerson(call, principal, cluster)
    const facts = await this.#facts(call, cluster)
    const shown = requests.map((request) => shownRequest(this.#options.catalog, request))
    return new DryRun({
      requests: shown,
      effect: judgement.effect,
      summary: inWords ?? summaryOf(judgement, facts),
      needsApproval: because,
      refused: refusal?.message,
      targets: facts.map(({ target }) => target),
      ...this.#changes(requests, shown, facts)
    })
  }

  /** Several requests have no single before and after: they are listed instead. */
  #changes(
    requests: JudgedCall['requests'],
    [shown]: readonly { body: unknown }[],
    facts: readonly TargetFacts[]
  ): Pick<Preview, 'before' | 'after'> {
    const [request, ...others] = requests
    if (request === undefined || others.length > 0) return { before: null, after: null }
    const schema = bodySchema(this.#options.catalog, request)
    const redacted = facts.map((fact) => ({
      ...fact,
      record: redactBody(this.#options.catalog, schema, fact.record) as TargetFacts['record']
    }))
    return changesOf(request, shown?.body, redacted)
  }

  /**
   * The plan that a person has approved for these requests, which is used with that.
   * @throws {BridgeError} APPROVAL_REQUIRED with a new plan where there is none
   */
  async #approved(
    { requests, judgement }: JudgedCall,
    authority: CallAuthority,
    because: string,
    cluster: ClusterApi
  ): Promise<{ id: string; decidedBy: string | undefined }> {
    const { approvals, hasApprover, approverHint, consoleUrl } = this.#options
    const { principal, plan, tool = '', stamp = '', inWords } = authority
    const facts = await this.#facts({ requests, judgement }, cluster)
    const binding = bindingOf(
      canonicalJson(requests.map(contentOf)),
      canonicalJson(facts.map(({ fingerprint }) => fingerprint))
    )
    if (plan !== undefined) {
      const used = await approvals.redeem(plan, binding, principal)
      await this.#rate.count(principal.name, judgement.items.length)
      return used
    }
    const summary = inWords ?? summaryOf(judgement, facts)
    if (!(await hasApprover(principal)))
      throw new BridgeError(
        'APPROVAL_REQUIRED',
        `Not sent: it needs a person's approval (${because}), and no token can approve it. ${itWould(summary)}. ${approverHint()}`
      )
    const asked = await approvals.ask(
      {
        tool,
        effect: judgement.effect,
        because,
        summary,
        requests: requests.map((request) => shownRequest(this.#options.catalog, request)),
        does: judgement.reason,
        targets: facts.map(({ target }) => target),
        vms: (await vmsTouched(cluster, requests, judgement)).map(({ tags }) => ({
          tags: splitTags(tags)
        }))
      },
      binding,
      principal,
      stamp
    )
    throw waits(asked, consoleUrl())
  }
}

/** @throws {BridgeError} SCOPE_REQUIRED where the caller may not even look */
function requireReading(principal: Principal): void {
  if (!principal.scopes.has('read'))
    throw scopeRequired(principal, 'Looking at the target', ['read'])
}
