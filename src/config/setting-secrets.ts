import { type SplitAddress, splitLogin } from '../lib/http/address-login.ts'
import type { Secret } from '../lib/secrets/redactor.ts'
import { percentDecoded } from '../lib/text/percent-decoded.ts'

/** The text of another setting; undefined where it is not set. */
export type GivenText = (name: string) => string | undefined

/** All of the value, for tokens and keys. */
export const whole = (value: string): Secret[] => [{ value }]

/** A password of the user that another setting names. */
export const passwordOf =
  (userSetting: string) =>
  (value: string, given: GivenText): Secret[] => [{ value, user: given(userSetting)?.trim() }]

/** A login as it stands in an address; one without password is the name of a user. */
function ofLogin(login: string): Secret[] {
  const colon = login.indexOf(':')
  return colon < 0 ? [] : [{ value: login.slice(colon + 1), user: login.slice(0, colon) }]
}

/** The login of an address that it was taken out of. */
export const login = (address: SplitAddress): Secret[] => ofLogin(address.login)

const secretParameter = /key|token|secret|pass|auth|sig/i

/** The login in a URL, and parameters that are named like a key. */
export const inUrl = (text: string): Secret[] => [
  ...ofLogin(splitLogin(text).login),
  ...ofLogin(percentDecoded(splitLogin(text).login)),
  ...[...new URL(text).searchParams].flatMap(([name, value]) =>
    secretParameter.test(name) ? [{ value }] : []
  )
]
