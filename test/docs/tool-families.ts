import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'

interface ApiDocument {
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, { tags?: string[] }>>
}

/** The tools by what they are about, as the OpenAPI document has them. */
export function familyTable(): string {
  const file = join(packageRoot, 'openapi/scale-bridge.json')
  const { tags, paths } = JSON.parse(readFileSync(file, 'utf8')) as ApiDocument
  const toolsOf = (family: string): string[] =>
    Object.entries(paths)
      .filter(([, methods]) => Object.values(methods).some((each) => each.tags?.includes(family)))
      .map(([path]) => `\`${path.slice(1)}\``)
  const rows = tags.map(
    ({ name, description }) => `| ${description} | ${toolsOf(name).join(', ')} |`
  )
  return ['| about | tools |', '| --- | --- |', ...rows].join('\n')
}
