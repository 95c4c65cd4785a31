import type { Environment } from '../../config/env-file.ts'
import { type Io, warn } from '../io/io.ts'
import { homeOf } from './claude-desktop.ts'

/** Files that clients read in the folder of a project, and that are usually committed with it. */
const ofProjects = ['.mcp.json', '.vscode/mcp.json']

/** The same, but for those in the home folder: there they are the user's own. */
const ofProjectsOrUsers = ['.cursor/mcp.json', '.gemini/settings.json']

/** Whether a client's file belongs to a project, and so to all that work on it. */
export function isProjectFile(path: string, env: Environment): boolean {
  const slashed = path.replaceAll('\\', '/')
  const home = homeOf(env).replaceAll('\\', '/').replace(/\/$/, '')
  return (
    ofProjects.some((name) => slashed.endsWith(`/${name}`)) ||
    ofProjectsOrUsers.some((name) => slashed.endsWith(`/${name}`) && slashed !== `${home}/${name}`)
  )
}

/**
 * Warns where the token itself was written into a file of a project.
 * @param reference what the client's file can hold in its place; undefined where nothing can
 */
export function warnOfTokenInProject(io: Io, path: string, reference: string | undefined): void {
  if (!isProjectFile(path, io.env)) return
  const instead =
    reference === undefined
      ? ', or name a file outside the project'
      : `, or write it without --show-token: ${reference} is then in its place. A token that was committed must be replaced`
  warn(
    io,
    `${path} belongs to the project and holds the token: keep it and its backups out of version control${instead}`
  )
}
