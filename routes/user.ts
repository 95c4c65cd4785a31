import type { Tool } from '../src/tools/define-tool.ts'
import type { User } from '../src/hypercore/records.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'

export const userRead = defineListTool<User & { roles: string[] }>({
  name: 'user_read',
  title: 'List the user accounts',
  description: 'Lists user accounts: uuid, username, full name, roles, session limit.',
  tag: 'cluster',
  item: 'a user',
  async read({ hypercore, signal }) {
    const [users, roles] = await Promise.all([
      hypercore.list('/User', { signal }),
      hypercore.list('/Role', { signal })
    ])
    const names = new Map(roles.map((role) => [role.uuid, role.name]))
    return users.map((user) => ({
      ...user,
      roles: user.roleUUIDs.map((uuid) => names.get(uuid) ?? uuid)
    }))
  },
  summary: ['uuid', 'username', 'fullName', 'roles', 'sessionLimit']
})

export const userTools: Tool[] = [userRead]
