import { join } from 'node:path'
import { runCli } from './run-cli.ts'

type Folder = Parameters<typeof runCli>[0] & { testdir(): string }

/** A file of tokens, changed by the command line as people change it. */
export interface TestTokens {
  path: string
  /** Runs `scale-bridge token …`. */
  run: (...words: string[]) => ReturnType<typeof runCli>
  /** Creates a token by the command's options and returns its text. */
  create: (name: string, scope: string, ...more: string[]) => Promise<string>
}

export function tokensOf(t: Folder, cwd = t.testdir()): TestTokens {
  const path = join(cwd, 'tokens.json')
  const run: TestTokens['run'] = (...words) =>
    runCli(t, ['token', ...words], { cwd, env: { SCALE_TOKENS_FILE: path } })
  return {
    path,
    run,
    async create(name, scope, ...more) {
      const { code, stdout, screen } = await run('new', '--name', name, '--scope', scope, ...more)
      if (code !== 0) throw new Error(screen)
      return stdout.trim().split(/\s+/).at(-1) ?? ''
    }
  }
}
