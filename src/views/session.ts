import { type Static, Type } from '@sinclair/typebox'
import type { SessionInfo } from '../hypercore/sessions/session-info.ts'

/** A session of the bridge at the cluster. */
export const Session = Type.Object({
  node: Type.String({ description: 'node that holds the session' }),
  user: Type.String(),
  createdAt: Type.String({ description: 'ISO 8601' }),
  ageSeconds: Type.Number(),
  expiresAt: Type.String({ description: 'when the bridge will renew it' }),
  valid: Type.Boolean({ description: 'the cluster accepts it now' }),
  note: Type.Optional(Type.String())
})

export type Session = Static<typeof Session>

const iso = (time: number): string => new Date(time).toISOString()

export const sessionFields = ({
  node,
  user,
  createdAt,
  ageMs,
  expiresAt,
  valid,
  note
}: SessionInfo): Session => ({
  node,
  user,
  createdAt: iso(createdAt),
  ageSeconds: Math.round(ageMs / 1000),
  expiresAt: iso(expiresAt),
  valid,
  ...(note !== undefined && { note })
})
