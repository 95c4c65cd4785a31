import type { Operation } from '../catalog/load.ts'
import type { ClusterState, StoredUser } from './state.ts'

/** Calls that any authenticated user may make. */
const open = new Set(['ping', 'Login', 'Logout'])

const isAdmin = (state: ClusterState, user: StoredUser): boolean =>
  user.roleUUIDs.some((uuid) => state.roles.get(uuid)?.name === 'Admin')

/**
 * Whether one of the user's roles permits the operation. The function names of a role's permissions
 * are the operation names of the document, and Admin may do all (FACTS 2.4, I).
 */
export function mayCall(state: ClusterState, user: StoredUser, operation: Operation): boolean {
  const name = operation.operationId
  if (name === undefined || open.has(name) || isAdmin(state, user)) return true
  return user.roleUUIDs.some((uuid) =>
    state.roles.get(uuid)?.permissions.some(({ functionName }) => functionName === name)
  )
}

/** The users who may do all; the last of them cannot be deleted or made less (our guess, I). */
export const admins = (state: ClusterState): StoredUser[] =>
  [...state.users.values()].filter((user) => isAdmin(state, user))
