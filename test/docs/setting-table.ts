import { settings } from '../../src/config/config.ts'
import { fileVariable, secretSettings } from '../../src/config/secret-files.ts'
import type { Setting } from '../../src/config/setting.ts'

type Shown = Pick<Setting, 'name' | 'meaning' | 'shownDefault' | 'required' | 'fallback'>

/** What holds where a setting is not set. */
function defaultOf({ shownDefault, required, fallback }: Shown): string {
  if (shownDefault !== undefined) return shownDefault
  if (required !== undefined) return 'required'
  return fallback ? `\`${fallback}\`` : 'none'
}

/** The variables that name files, in the order of the settings. */
export const secretFileList = (): string =>
  secretSettings.map((name) => `\`${fileVariable(name)}\``).join(', ')

/** All settings, in their order. */
export function settingTable(): string {
  const all: readonly Shown[] = Object.values(settings)
  const rows = all.map(
    (setting) => `| \`${setting.name}\` | ${defaultOf(setting)} | ${setting.meaning} |`
  )
  return ['| name | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}
