import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../src/identity/principal.ts'
import type { Scope } from '../../src/identity/scope.ts'
import type { TestBridge } from './bridge.ts'

/** A token's principal. */
export const principalWith = (scopes: readonly Scope[], vmTags?: readonly string[]): Principal => ({
  name: `token of ${scopes.join(' and ')}`,
  kind: 'token',
  scopes: new Set(scopes),
  vmTags
})

/** Makes a bridge accept these tokens beside its own. */
export function acceptTokens({ app }: TestBridge, principals: Record<string, Principal>): void {
  const verify = app.verifyBearerAuth
  app.verifyBearerAuth = (request: FastifyRequest, reply, done) => {
    const [, token = ''] = /^Bearer (.*)$/i.exec(request.headers.authorization ?? '') ?? []
    const principal = Object.hasOwn(principals, token) ? principals[token] : undefined
    if (principal === undefined) return verify?.(request, reply, done)
    request.principal = principal
    return done()
  }
}
