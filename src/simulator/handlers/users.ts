import type { User } from '../../hypercore/records/records.ts'
import {
  ApiError,
  internalError,
  written,
  type Call,
  type Handlers,
  type World
} from '../handler.ts'
import type { Machinery } from '../machinery.ts'
import { admins } from '../roles.ts'
import type { StoredUser } from '../state.ts'
import { readHandlers } from './records.ts'

/** The record without its password, which never comes back (FACTS 15, S). */
function shown({ password: _secret, ...record }: StoredUser): User {
  return record
}

type Change = Partial<Omit<StoredUser, 'uuid'>>

/** What the cluster refuses: names taken, roles unknown (texts and the rule for roles: I). */
function check(world: World, change: Change, self?: StoredUser): void {
  const { users, roles } = world.state
  if (change.username === '') throw new ApiError(400, 'The username must not be empty')
  const taken = [...users.values()].some(
    (user) => user.uuid !== self?.uuid && user.username === change.username
  )
  if (taken) throw new ApiError(400, `A user named ${change.username} already exists`)
  const unknown = change.roleUUIDs?.find((uuid) => !roles.has(uuid))
  if (unknown !== undefined) throw new ApiError(400, `There is no role ${unknown}`)
}

/** The cluster keeps one administrator (our guess, I). */
function keepAnAdmin(world: World, change: () => void, undo: () => void): void {
  change()
  if (admins(world.state).length > 0) return
  undo()
  throw new ApiError(400, 'The last administrator cannot be removed')
}

/** The user of a write; an unknown uuid is the 500 of a call that cannot be carried out (3.4, I). */
function target({ world, params }: Call): StoredUser {
  const user = world.state.users.get(params.uuid ?? '')
  if (user === undefined) throw internalError()
  return user
}

function update(call: Call<Change>): unknown {
  const user = target(call)
  const before = { ...user }
  check(call.world, call.body, user)
  keepAnAdmin(
    call.world,
    () => Object.assign(user, call.body),
    () => Object.assign(user, before)
  )
  return written()
}

/**
 * Users (FACTS 15). Writes are effective at once and answer an empty tag (4.1, S).
 */
export function userHandlers({ sessions }: Machinery): Handlers {
  return {
    ...readHandlers('/User', ({ world }) => [...world.state.users.values()].map(shown)),
    ...readHandlers('/Role', ({ world }) => world.state.roles.values()),
    'POST /User': ({ world, body }: Call<Change>) => {
      check(world, body)
      const uuid = world.random.uuid()
      world.state.users.set(uuid, {
        uuid,
        username: '',
        password: '',
        fullName: '',
        roleUUIDs: [],
        sessionLimit: 0,
        ...body
      })
      return written('', uuid)
    },
    'POST /User/{uuid}': update,
    'PATCH /User/{uuid}': update,
    'DELETE /User/{uuid}': (call) => {
      const user = target(call)
      const { users } = call.world.state
      keepAnAdmin(
        call.world,
        () => users.delete(user.uuid),
        () => users.set(user.uuid, user)
      )
      sessions.closeOf(user.uuid)
      return written()
    }
  }
}
