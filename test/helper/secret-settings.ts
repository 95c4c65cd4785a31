import type { Test } from 'tap'
import { everyWay, plant, shows } from './planted.ts'
import { secretForms } from './secret-forms.ts'
import { everythingSaid } from './ways-out.ts'

/** The secrets of a bridge. */
export interface SecretSettings {
  password: string
  archiveUser: string
  archivePassword: string
  token: string
  chatKey: string
  modelKey: string
  userSecret: string
}

const webhookSecret = `whsec_${Buffer.from('a key of thirty-two bytes, or so').toString('base64')}`

/**
 * Runs a bridge with these secrets in front of a cluster in which all of them are written, in every
 * form, wherever a user can write text: none must come out again.
 */
export async function noSecretLeaves(
  t: Test,
  { password, archiveUser, archivePassword, token, chatKey, modelKey, userSecret }: SecretSettings
): Promise<boolean> {
  const secrets = [password, archivePassword, token, chatKey, modelKey, userSecret, webhookSecret]
  const login = `${archiveUser}:${archivePassword}`
  const forms = secrets.flatMap((secret) => [
    ...Object.values(secretForms).map((write) => write(secret)),
    Buffer.from(secret).toString('base64').slice(0, -3)
  ])
  const texts = [
    ...secrets.flatMap((secret) => Object.values(secretForms).map((write) => write(secret))),
    login,
    `to smb://${login}@nas.example/share and more`,
    Buffer.from(login).toString('base64'),
    Buffer.from(`admin:${password}`).toString('base64')
  ]
  const said = await everythingSaid(t, {
    simulator: { user: 'admin', password },
    settings: {
      MCP_BEARER_TOKEN: token,
      SCALE_EXPORT_URI: `smb://${login}@archive.example/exports`,
      OPENWEBUI_API_KEY: chatKey,
      LLM_API_KEY: modelKey,
      OPENWEBUI_JWT_SECRET: userSecret,
      APPROVAL_WEBHOOK_SECRET: webhookSecret
    },
    prepare: (simulator) =>
      plant(
        simulator,
        texts.map((text) => `before ${text} after`)
      ),
    typed: [password]
  })
  everyWay(t, said)
  shows(t, said, '***')
  const found = new Set(forms.filter((form) => form.length >= 6))
  for (const { way, what, text } of said)
    for (const form of found)
      if (text.includes(form)) {
        t.fail(`${way} shows ${form}`, {
          what,
          near: text.slice(Math.max(0, text.indexOf(form) - 80)).slice(0, 200)
        })
        return false
      }
  return true
}
