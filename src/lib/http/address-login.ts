import { redacted } from '../secrets/redactor.ts'

/** An address, and the login that stood in it before the host. */
export interface SplitAddress {
  /** Without login: may be shown. */
  address: string
  /** `user:password` or whatever stood there; `""` for none. */
  login: string
}

/** The last `@` whose rest is host and share: what is before it may hold any character. */
const smbAddress = /^(smb:\/\/)(.*)@([^/@\s]+\/[^/\s].*)$/is

/** Others encode what is special in their login, so it ends before the path. */
const otherAddress = /^(\w[\w+.-]*:\/\/)([^/?#]*)@(.*)$/s

/**
 * Takes the login out of an address. The login of an SMB address is not encoded and may hold `@`, `:`,
 * `/` and whitespace, so it reaches to the last `@` that is followed by host and share. A folder with `@`
 * in its name is then taken for a part of the login: too much is hidden, never too little.
 */
export function splitLogin(text: string): SplitAddress {
  const [, scheme, login, rest] = (/^smb:/i.test(text) ? smbAddress : otherAddress).exec(text) ?? []
  return scheme === undefined || login === undefined || rest === undefined
    ? { address: text, login: '' }
    : { address: scheme + rest, login }
}

/** The address as the cluster takes it. */
export const joinLogin = ({ address, login }: SplitAddress): string =>
  login === '' ? address : address.replace('://', () => `://${login}@`)

/**
 * To the last `@` before a host and a slash, but not into the next line, nor into the next address: that
 * begins with a scheme that such texts have, as a login may hold `://`, too.
 */
const smbLogins =
  /smb:\/\/(?:(?!\b(?:smb|cifs|nfs|https?|s?ftps?|ssh|file|postgres(?:ql)?):\/\/)[^\r\n])*@(?=[^\s@/]+\/)/gi

const logins = /:\/\/[^\s/?#]*@/g

/** Replaces the login in every address (`scheme://user:password@host`) of a text. */
export const withoutLogins = (text: string): string =>
  text.includes('://')
    ? text.replaceAll(smbLogins, `smb://${redacted}@`).replaceAll(logins, `://${redacted}@`)
    : text
