import type { Role, User } from '../hypercore/records/records.ts'
import type { ListView } from './list-view.ts'

/** A user with the names of the roles; a role that cannot be read keeps its uuid. */
export const withRoles = (user: User, roles: readonly Role[]) => ({
  ...user,
  roles: user.roleUUIDs.map((uuid) => roles.find((role) => role.uuid === uuid)?.name ?? uuid)
})

export const userView: ListView<ReturnType<typeof withRoles>> = {
  summary: ['uuid', 'username', 'fullName', 'roles', 'sessionLimit']
}
