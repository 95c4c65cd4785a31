import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { testToken } from './bridge.ts'

/** A service of a compose file. */
export interface Service {
  image?: string
  command?: string[]
  environment: Record<string, string | number>
  build?: string
  pull_policy?: string
  stop_grace_period?: string
  extra_hosts?: string[]
  ports?: string[]
  volumes?: (string | { type: string; source: string; target: string; read_only?: boolean })[]
  depends_on?: Record<string, { condition: string }> | string[]
  healthcheck?: { test: string[] }
  configs?: { source: string; target: string }[]
  secrets?: string[]
}

/** What compose files of this project hold. */
export interface Compose {
  services: Record<string, Service>
  volumes?: Record<string, null>
  secrets?: Record<string, { file: string }>
  configs?: Record<string, { content: string }>
}

/** Puts values in as compose does: `${NAME}`, `${NAME:-default}`, `${NAME:+other}`, `${NAME:?message}`. */
const interpolate = (text: string, values: Record<string, string>): string =>
  text.replace(
    /\$\{(\w+)(?::([-+?])([^}]*))?\}/g,
    (_whole, name: string, kind: string | undefined, rest: string | undefined) => {
      const value = values[name]
      if (value) return kind === '+' ? (rest ?? '') : value
      if (kind === '?') throw new Error(`${name} ${rest}`)
      return kind === '-' ? (rest ?? '') : ''
    }
  )

/** A compose file with its values put in. */
export const compose = (
  name: string,
  values: Record<string, string> = { MCP_BEARER_TOKEN: testToken }
) => parse(interpolate(readFileSync(join(packageRoot, name), 'utf8'), values)) as Compose

/** compose.replicas.yaml with the values it requires. */
export const replicas = (values: Record<string, string> = {}): Compose =>
  compose('compose.replicas.yaml', {
    MCP_BEARER_TOKEN: testToken,
    STORE_PASSWORD: 'p-1',
    ...values
  })

/** The configuration of the balancer in compose.replicas.yaml, and where it is mounted. */
export function balancerConfig(): { content: string; target: string } {
  const { services, configs = {} } = replicas()
  const [{ source, target } = { source: '', target: '' }] = services['balancer']?.configs ?? []
  return { content: configs[source]?.content ?? '', target }
}
