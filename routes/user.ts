import type { Tool } from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { userView, withRoles } from '../src/views/user.ts'

export const userRead = defineListTool({
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
    return users.map((user) => withRoles(user, roles))
  },
  view: userView
})

export const userTools: Tool[] = [userRead]
