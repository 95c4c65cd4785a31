import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { run } from '../helper/shell.ts'
import { orSkip, versions } from './packages.ts'

const document = join(packageRoot, 'openapi', 'scale-bridge.json')

const redocly = await orSkip({ name: '@redocly/cli', bin: 'redocly' })
t.test(
  `redocly ${versions['@redocly/cli']} finds nothing in the OpenAPI document`,
  { skip: redocly.skip },
  async (t) => {
    const { command = '', args = [] } = redocly.program ?? {}
    const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const { exitCode, stdout, stderr } = await run(
      command,
      [...args, 'lint', document, '--format=json'],
      { env }
    )
    t.equal(exitCode, 0, stdout + stderr)
    t.match(JSON.parse(stdout), { totals: { errors: 0, warnings: 0 } })
  }
)

const spectral = await orSkip({ name: '@stoplight/spectral-cli', bin: 'spectral' })
t.test(
  `spectral ${versions['@stoplight/spectral-cli']} finds nothing in the OpenAPI document`,
  { skip: spectral.skip },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'spectral-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const rules = join(folder, 'rules.yaml')
    await writeFile(rules, 'extends: ["spectral:oas"]\n')
    const { command = '', args = [] } = spectral.program ?? {}
    const words = ['lint', document, '--ruleset', rules, '--fail-severity=hint', '--format=json']
    const { exitCode, stdout, stderr } = await run(command, [...args, ...words])
    t.equal(exitCode, 0, stdout + stderr)
    t.match(stdout, /^(?:\[\]\s*)?(?:No results|$)/)
  }
)
