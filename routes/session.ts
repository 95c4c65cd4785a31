import { Type } from '@sinclair/typebox'
import { defineTool, readOnly, idempotent, type Tool } from '../src/tools/define-tool.ts'
import { NoInput } from '../src/tools/schemas.ts'
import { Session, sessionFields } from '../src/views/session.ts'

const Sessions = Type.Object({
  sessions: Type.Array(Session),
  message: Type.String()
})

export const generateSession = defineTool({
  name: 'generate_session',
  alone: 'it is about the session of the bridge',
  title: 'Log in to the cluster again',
  description: 'Logs the bridge in to the cluster again. Rarely needed: other tools do it.',
  tag: 'session',
  annotations: idempotent,
  effects: ['control'],
  input: NoInput,
  output: Session,

  run: async ({ hypercore, signal }) => sessionFields(await hypercore.sessions.renew(signal))
})

export const getSession = defineTool({
  name: 'get_session',
  alone: 'it is about the session of the bridge',
  title: 'Show the session at the cluster',
  description:
    "Shows the bridge's sessions at the cluster: node, user, age, whether still accepted.",
  tag: 'session',
  annotations: readOnly,
  input: NoInput,
  output: Sessions,

  async run({ hypercore, signal }) {
    const sessions = await hypercore.sessions.describe(signal)
    const valid = sessions.filter((session) => session.valid).length
    return {
      sessions: sessions.map(sessionFields),
      message:
        sessions.length === 0
          ? 'No session is open; the next call logs in by itself'
          : `${valid} of ${sessions.length} sessions valid`
    }
  }
})

export const killSession = defineTool({
  name: 'kill_session',
  alone: 'it is about the session of the bridge',
  title: 'Log out of the cluster',
  description: 'Logs the bridge out of the cluster; the next call logs in again.',
  tag: 'session',
  annotations: idempotent,
  effects: ['control'],
  input: NoInput,
  output: Sessions,

  async run({ hypercore, signal }) {
    const sessions = await hypercore.sessions.kill(signal)
    return {
      sessions: sessions.map(sessionFields),
      message:
        sessions.length === 0
          ? 'No session was open'
          : `Closed ${sessions.length === 1 ? 'the session' : `${sessions.length} sessions`}; the next call logs in again`
    }
  }
})

export const sessionTools: Tool[] = [generateSession, getSession, killSession]
