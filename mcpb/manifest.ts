import { settings } from '../src/config/config.ts'
import { packageVersion } from '../src/lib/files/package-info.ts'
import type { Tool } from '../src/tools/define-tool.ts'
import { demoVariable } from './demo-variable.ts'

/** Where the entry and the commands lie in the bundle. */
export const entryPoint = 'dist/mcpb/entry.js'

/** A field of the form that Claude Desktop shows. */
interface UserOption {
  type: 'string' | 'boolean' | 'file'
  title: string
  description: string
  /** Without one an empty field arrives as the text `${user_config.…}`. */
  default: string | boolean
  /** Kept in the keychain of the system. */
  sensitive?: boolean
  required: boolean
}

const text = (title: string, description: string, more: Partial<UserOption> = {}): UserOption => ({
  type: 'string',
  title,
  description,
  default: '',
  required: false,
  ...more
})

const flag = (title: string, description: string): UserOption => ({
  type: 'boolean',
  title,
  description,
  default: false,
  required: false
})

/**
 * The form, each field by the variable it sets. None is required: the simulated cluster needs none,
 * and a real one without its address ends the start with a line that says so. Titles name the
 * setting where a message of the bridge asks to change it.
 */
const options: [name: string, variable: string, option: UserOption][] = [
  [
    'host',
    settings.nodes.name,
    text('Cluster addresses', 'Addresses of the nodes, comma-separated: 10.20.0.11,10.20.0.12')
  ],
  ['username', settings.username.name, text('User', 'The cluster user the bridge logs in as')],
  ['password', settings.password.name, text('Password', 'Its password', { sensitive: true })],
  [
    'oidc',
    settings.useOidc.name,
    flag('OpenID Connect', 'The user belongs to an OpenID Connect provider')
  ],
  [
    'tls',
    settings.tlsMode.name,
    text(
      `Certificates (${settings.tlsMode.name})`,
      'verify (by authorities), pin (by the fingerprints below) or insecure. With a factory cluster ' +
        'start with verify: the first call shows the fingerprints to compare and pin',
      { default: settings.tlsMode.fallback ?? '' }
    )
  ],
  [
    'fingerprints',
    settings.tlsFingerprints.name,
    text(
      `Fingerprints (${settings.tlsFingerprints.name})`,
      'SHA-256 fingerprints of the certificates, comma-separated, for pin'
    )
  ],
  [
    'ca',
    settings.tlsCaFile.name,
    {
      ...text('Authorities', 'PEM file with certificate authorities of your own, for verify'),
      type: 'file'
    }
  ],
  [
    'export_uri',
    settings.archive.name,
    text('Export archive', 'For exports: smb://user:password@server/share/folder', {
      sensitive: true
    })
  ],
  [
    'directory_url',
    settings.directoryUrl.name,
    text('Directory', 'Address of a service that knows which person uses which VM')
  ],
  [
    'demo',
    demoVariable,
    flag(
      'Simulated cluster',
      'Try it with a simulated cluster; the fields above are not needed then'
    )
  ]
]

/** The manifest of the bundle, for Claude Desktop. */
export const createManifest = (tools: Iterable<Tool>): Record<string, unknown> => ({
  manifest_version: '0.3',
  name: 'scale-bridge',
  display_name: 'SCALE Computing HyperCore',
  version: packageVersion,
  description: 'Reads and runs the VMs of a SCALE Computing HyperCore cluster',
  author: { name: 'scale-bridge' },
  license: 'MIT',
  server: {
    type: 'node',
    entry_point: entryPoint,
    mcp_config: {
      command: 'node',
      args: [`\${__dirname}/${entryPoint}`],
      env: Object.fromEntries(
        options.map(([name, variable]) => [variable, `\${user_config.${name}}`])
      )
    }
  },
  tools: Array.from(tools, ({ name, description }) => ({ name, description })),
  compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: '>=20.19' } },
  user_config: Object.fromEntries(options.map(([name, , option]) => [name, option]))
})
