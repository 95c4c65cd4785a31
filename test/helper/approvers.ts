import type { Principal } from '../../src/identity/principal.ts'
import type { Scope } from '../../src/identity/scope.ts'
import { StaticToken } from '../../src/identity/static-token.ts'
import type { TestBridge, ToolAnswer } from './bridge.ts'

/** A user with a token of their own. */
export interface Holder {
  token: string
  principal: Principal
}

/** Tokens beside the operator's, for a bridge whose calls wait for a person. */
export interface Approvers {
  /** May decide and look. */
  alice: Holder
  /** May look. */
  viewer: Holder
  /** May change VMs, and neither look nor decide. */
  worker: Holder
  /** May decide, on VMs with the tag lab alone. */
  lab: Holder
  /** Calls a tool with the operator's token, and returns the plan that it waits for. */
  plan: (tool: string, args: object) => Promise<string>
  /** A call to `/approvals…` with a token. */
  call: (holder: Holder | undefined, path: string, body?: unknown) => Promise<ToolAnswer>
}

/** Makes tokens known to a bridge. */
export function addApprovers(bridge: TestBridge): Approvers {
  const { app } = bridge
  const add = (name: string, scopes: Scope[], more: Partial<Principal> = {}): Holder => {
    const token = `token-of-${name}-0123456789abcdef`
    const principal: Principal = { name, kind: 'token', scopes: new Set(scopes), ...more }
    app.authenticators.push(new StaticToken(token, principal))
    return { token, principal }
  }
  app.hasApprover = () => true
  return {
    alice: add('alice', ['read', 'approve'], { person: { name: 'Alice Ames', verified: true } }),
    viewer: add('viewer', ['read']),
    worker: add('worker', ['operate', 'lose']),
    lab: add('lab', ['read', 'approve'], { vmTags: ['lab'] }),
    async plan(tool, args) {
      const { body, text } = await bridge.call(tool, args)
      const { plan } = (body as { error?: { plan?: unknown } }).error ?? {}
      if (typeof plan !== 'string') throw new Error(`${tool} waits for nobody: ${text}`)
      return plan
    },
    call: (holder, path, body) =>
      bridge.fetch(path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(holder && { authorization: `Bearer ${holder.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
  }
}
