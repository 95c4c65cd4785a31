import t from 'tap'
import { callerForLog, readCaller } from '../../../src/openwebui/caller.ts'

const named = (name: string) => readCaller({ 'x-openwebui-user-name': name }).user?.name

t.test('everything OpenWebUI says', async (t) => {
  t.same(
    readCaller({
      'x-openwebui-user-id': '7f0c',
      'x-openwebui-user-name': 'J%C3%BCrgen M%C3%BCller',
      'x-openwebui-user-email': 'jm@example.org',
      'x-openwebui-user-role': 'admin',
      'x-openwebui-chat-id': 'chat-1',
      'x-openwebui-message-id': 'message-1',
      'x-openwebui-user-jwt': 'not read',
      'x-user-name': 'not read'
    }),
    {
      user: { id: '7f0c', name: 'Jürgen Müller', email: 'jm@example.org', role: 'admin' },
      chatId: 'chat-1',
      messageId: 'message-1'
    }
  )
  t.same(readCaller({}), {})
  t.same(readCaller({ 'x-openwebui-chat-id': 'chat-1' }), { chatId: 'chat-1' }, 'no empty user')
})

t.test('names in any encoding', async (t) => {
  t.equal(named('Ada Lovelace'), 'Ada Lovelace')
  t.equal(named('100%25'), '100%')
  t.equal(named('%E6%9D%8E %E6%98%8E'), '李 明')
  for (const broken of ['100%', '%', '%zz', '%FF', '%C3', '%E6%9D', '%u0041'])
    t.equal(named(broken), broken, `${broken} stays as it is`)
  t.equal(
    readCaller({ 'x-openwebui-user-id': 'a%20b' }).user?.id,
    'a%20b',
    'only the name is encoded'
  )
})

t.test('what says nothing is left out', async (t) => {
  for (const nothing of ['', '   ', '%20', '%0A', '{{USER_NAME}}', '{{ USER_NAME }}', 'by {{X}}'])
    t.same(readCaller({ 'x-openwebui-user-name': nothing }), {}, nothing)
  t.same(readCaller({ 'x-openwebui-user-name': '%7B%7BUSER_NAME%7D%7D' }), {}, 'encoded too')
  t.equal(named('{Ada}'), '{Ada}')
})

t.test('lines, terminals and lengths', async (t) => {
  t.equal(named('Ada%0D%0A{"level":30,"msg":"forged"}'), 'Ada {"level":30,"msg":"forged"}')
  t.equal(named('%1B[31mAda%00'), '[31mAda')
  t.equal(named('Ada%E2%80%AEadA%E2%80%A8x'), 'Ada\\u202eadA x', 'nothing turns the line around')
  t.equal(named('a'.repeat(10_000))?.length, 254)
  t.equal(named(`a${encodeURIComponent('😀'.repeat(300))}`), `a${'😀'.repeat(253)}`)
  t.equal(readCaller({ 'x-openwebui-chat-id': 'c'.repeat(10_000) }).chatId?.length, 254)
  t.same(readCaller({ 'x-openwebui-user-id': ['first', 'second'] }).user, { id: 'first' })
})

t.test('in the log: the name, else the id, else the address', async (t) => {
  const id = { 'x-openwebui-user-id': '7f0c' }
  const email = { 'x-openwebui-user-email': 'ada@example.org', 'x-openwebui-user-role': 'user' }
  const name = { 'x-openwebui-user-name': 'Ada', 'x-openwebui-chat-id': 'chat-1' }
  t.same(callerForLog({ ...id, ...email, ...name }), { user: 'Ada', chat: 'chat-1' })
  t.same(callerForLog({ ...id, ...email }), { user: '7f0c' })
  t.same(callerForLog(email), { user: 'ada@example.org' })
  t.same(callerForLog({ 'x-openwebui-user-role': 'user' }), {})
})
