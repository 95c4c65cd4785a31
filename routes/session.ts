import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import { defineTool, readOnly, repeatable } from '../src/tools/define-tool.ts'
import { NoInput } from '../src/tools/schemas.ts'

const Session = Type.Object({
  node: Type.String({ description: 'node that holds the session' }),
  user: Type.String(),
  createdAt: Type.String({ description: 'ISO 8601' }),
  ageSeconds: Type.Number(),
  expiresAt: Type.String({ description: 'when the bridge will renew it' }),
  valid: Type.Boolean({ description: 'the cluster accepts it now' }),
  note: Type.Optional(Type.String())
})

const Sessions = Type.Object({
  sessions: Type.Array(Session),
  message: Type.String()
})

export const generateSession = defineTool({
  name: 'generate_session',
  title: 'Log in to the cluster anew',
  description:
    'Opens a new session at the HyperCore cluster and replaces the one the bridge held. Rarely ' +
    'needed: every other tool logs in by itself. Answers node, user and age, never the session id.',
  tag: 'session',
  annotations: repeatable,
  input: NoInput,
  output: Session,

  run: ({ hypercore, signal }) => hypercore.sessions.renew(signal)
})

export const getSession = defineTool({
  name: 'get_session',
  title: 'Show the session at the cluster',
  description:
    'Shows the sessions the bridge holds at the cluster: node, user, age, when it is renewed, and ' +
    'whether the cluster still accepts it (asked now). The session id is never shown.',
  tag: 'session',
  annotations: readOnly,
  input: NoInput,
  output: Sessions,

  async run({ hypercore, signal }) {
    const sessions = await hypercore.sessions.describe(signal)
    const valid = sessions.filter((session) => session.valid).length
    return {
      sessions,
      message:
        sessions.length === 0
          ? 'No session is open; the next call logs in by itself'
          : `${valid} of ${sessions.length} sessions valid`
    }
  }
})

export const killSession = defineTool({
  name: 'kill_session',
  title: 'Log out of the cluster',
  description:
    'Closes the sessions the bridge holds at the cluster. Nothing else stops working: the next ' +
    'call logs in again by itself.',
  tag: 'session',
  annotations: repeatable,
  input: NoInput,
  output: Sessions,

  async run({ hypercore, signal }) {
    const sessions = await hypercore.sessions.kill(signal)
    return {
      sessions,
      message:
        sessions.length === 0
          ? 'No session was open'
          : `Closed ${sessions.length === 1 ? 'the session' : `${sessions.length} sessions`}; the next call logs in again`
    }
  }
})

export const sessionRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(generateSession)
  app.addTool(getSession)
  app.addTool(killSession)
}
