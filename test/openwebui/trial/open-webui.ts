import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Owner } from '../../eval/owner.ts'
import { startProgram } from '../../helper/spawn-cli.ts'
import type { Installed } from './install.ts'

/** Where models are had from: OpenAI-compatible servers. */
export interface ModelSource {
  url: string
  key: string
}

export interface OpenWebUiOptions {
  folder: string
  port: number
  models: ModelSource[]
  /** The model of a new chat. */
  defaultModel: string
  /** What `connect openwebui --env` prints. */
  connections: string
}

/** A running OpenWebUI. */
export interface OpenWebUi {
  url: string
  log(): string
  /** Asks its own API as a user, by the token of a session or an API key. */
  ask<T>(token: string, method: string, path: string, body?: unknown): Promise<T>
}

/** Two cores at work elsewhere take it that long. */
const startMs = 240_000

/** As an operator would set it, but for what needs a network or a model of its own. */
const environment = (options: OpenWebUiOptions): Record<string, string> => ({
  DATA_DIR: join(options.folder, 'data'),
  TOOL_SERVER_CONNECTIONS: options.connections,
  OPENAI_API_BASE_URLS: options.models.map(({ url }) => url).join(';'),
  OPENAI_API_KEYS: options.models.map(({ key }) => key).join(';'),
  DEFAULT_MODELS: options.defaultModel,
  DEFAULT_USER_ROLE: 'user',
  ENABLE_API_KEYS: 'true',
  ENABLE_DIRECT_INTEGRATIONS: 'true',
  USER_PERMISSIONS_FEATURES_DIRECT_TOOL_SERVERS: 'true',
  BYPASS_MODEL_ACCESS_CONTROL: 'true',
  // Nothing is asked of the model beside the chat.
  ...Object.fromEntries(
    ['TITLE', 'TAGS', 'FOLLOW_UP', 'AUTOCOMPLETE'].map((task) => [
      `ENABLE_${task}_GENERATION`,
      'false'
    ])
  ),
  USE_SLIM_DOCKER: 'true',
  ENABLE_OLLAMA_API: 'false',
  OFFLINE_MODE: 'true',
  HF_HUB_OFFLINE: '1',
  ENABLE_VERSION_UPDATE_CHECK: 'false',
  BYPASS_EMBEDDING_AND_RETRIEVAL: 'true',
  RAG_EMBEDDING_ENGINE: 'openai',
  AUDIO_STT_ENGINE: 'openai',
  WEBUI_SECRET_KEY: 'of-a-trial-that-ends-with-it',
  CORS_ALLOW_ORIGIN: `http://127.0.0.1:${options.port}`,
  SCARF_NO_ANALYTICS: 'true',
  DO_NOT_TRACK: 'true',
  ANONYMIZED_TELEMETRY: 'false',
  NO_PROXY: '127.0.0.1'
})

/** Starts OpenWebUI in a folder of its own, and waits until it serves its pages. */
export async function startOpenWebUi(
  owner: Owner,
  { command }: Installed,
  options: OpenWebUiOptions
): Promise<OpenWebUi> {
  const { folder, port } = options
  const env = environment(options)
  await mkdir(env['DATA_DIR'] ?? folder, { recursive: true })
  const words = [command, 'serve', '--host', '127.0.0.1', '--port', String(port)]
  const running = startProgram(owner, words, { cwd: folder, env })
  const log = (): string => running.stdout + running.stderr
  const url = `http://127.0.0.1:${port}`
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false
    )
  const limit = Date.now() + startMs
  while (!(await isReady())) {
    if (running.process.exitCode !== null || Date.now() > limit)
      throw new Error(`OpenWebUI did not start:\n${log().slice(-3000)}`)
    await pause(500)
  }
  return {
    url,
    log,
    async ask<T>(token: string, method: string, path: string, body?: unknown) {
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`OpenWebUI: ${method} ${path}: ${response.status} ${text}`)
      return JSON.parse(text) as T
    }
  }
}
