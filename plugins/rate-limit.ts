import rateLimit from '@fastify/rate-limit'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Principal } from '../src/identity/principal.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { maxRefusalsPerMinute } from '../src/lib/http/http-limits.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Counts a call of the token that a request showed.
     * @throws {BridgeError} RATE_LIMITED
     */
    countCall(request: FastifyRequest, principal: Principal): Promise<void>
    /**
     * Counts a request without the right token, by its address.
     * @throws {BridgeError} RATE_LIMITED
     */
    countRefusal(request: FastifyRequest): Promise<void>
  }
}

export interface RateLimitPluginOptions {
  /** Calls of one token in a minute; Infinity for no limit, which is the default. */
  rateLimit?: number
}

const tooMany = (what: string, seconds: number): BridgeError =>
  new BridgeError('RATE_LIMITED', `${what}: retry after ${seconds} s`, {
    details: { retryAfterSeconds: seconds }
  })

/**
 * Limits that keep one client from taking the bridge from the others: calls of a token, refused tokens
 * of an address. The right token is always taken: an address may be that of a proxy, behind which one
 * who guesses must not lock the others out.
 */
const limits: FastifyPluginAsync<RateLimitPluginOptions> = async (
  app,
  { rateLimit: maxCalls = Infinity }
) => {
  await app.register(rateLimit, { global: false })
  const callers = new WeakMap<FastifyRequest, string>()
  const calls = app.createRateLimit({
    max: maxCalls,
    timeWindow: 60_000,
    // By who it is: a header says the same in many ways.
    keyGenerator: (request) => callers.get(request) ?? ''
  })
  const refusals = app.createRateLimit({ max: maxRefusalsPerMinute, timeWindow: 60_000 })

  app.decorate('countCall', async (request: FastifyRequest, { kind, name }: Principal) => {
    if (maxCalls === Infinity) return
    callers.set(request, `${kind} ${name}`)
    const found = await calls(request)
    if (!found.isAllowed && found.isExceeded)
      throw tooMany(
        `This token has made more than ${maxCalls} calls within a minute (RATE_LIMIT)`,
        found.ttlInSeconds
      )
  })
  app.decorate('countRefusal', async (request: FastifyRequest) => {
    const found = await refusals(request)
    if (!found.isAllowed && found.isExceeded)
      throw tooMany(
        `More than ${maxRefusalsPerMinute} requests without a valid token came from this address within a minute: send MCP_BEARER_TOKEN as "Authorization: Bearer …"`,
        found.ttlInSeconds
      )
  })
}

export const rateLimitPlugin = fp(limits, { name: 'rate-limit', fastify: '5.x' })
