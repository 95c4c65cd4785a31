import { inUrl, whole } from './setting-secrets.ts'
import {
  asGiven,
  parseAudience,
  parseHttpUrl,
  parseIssuer,
  parseLlmUrl,
  parseOpenWebUiUrl,
  parseToken,
  parseScopeMap,
  parseSigningSecret,
  parseWebhookSecret
} from './setting-values.ts'
import type { Setting } from './setting.ts'

/** Other services that the bridge speaks with. */
export const serviceSettings = {
  directoryUrl: {
    part: 'bridge',
    name: 'SCALE_DIRECTORY_URL',
    meaning: 'service for VMs of a person',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  /** Where people are told that a plan waits. */
  webhookUrl: {
    part: 'webhook',
    name: 'APPROVAL_WEBHOOK',
    meaning: 'told of every plan that waits',
    parse: parseHttpUrl,
    // The address of a chat's webhook is its key.
    secrets: (url: string) => [...whole(url), ...inUrl(url)]
  },
  webhookSecret: {
    part: 'webhook',
    name: 'APPROVAL_WEBHOOK_SECRET',
    meaning: 'key of its signatures',
    parse: parseWebhookSecret,
    // The key alone, too, without the word that says what it is.
    secrets: (secret: string) => [...whole(secret), ...whole(secret.replace(/^whsec_/, ''))]
  },
  /** What `/api/v1/…` is appended to, for example `http://open-webui:8080`. */
  openWebUiUrl: {
    part: 'openWebUi',
    name: 'OPENWEBUI_URL',
    meaning: 'where progress is shown',
    parse: parseOpenWebUiUrl
  },
  openWebUiApiKey: {
    part: 'openWebUi',
    name: 'OPENWEBUI_API_KEY',
    meaning: 'its API key',
    parse: parseToken,
    secrets: whole
  },
  /** What OpenWebUI signs the names of its users with. */
  userTokenSecret: {
    part: 'bridge',
    name: 'OPENWEBUI_JWT_SECRET',
    meaning: "what its users' names are signed with",
    parse: parseSigningSecret,
    secrets: whole
  },
  /** As the provider writes it in its tokens, character by character. */
  oidcIssuer: {
    part: 'oidc',
    name: 'OIDC_ISSUER',
    meaning: 'identity provider',
    parse: parseIssuer
  },
  oidcAudience: {
    part: 'oidc',
    name: 'OIDC_AUDIENCE',
    meaning: 'public URL of the bridge',
    parse: parseAudience
  },
  oidcScopeClaim: {
    part: 'oidc',
    name: 'OIDC_SCOPE_CLAIM',
    meaning: 'claim that grants scopes',
    parse: asGiven
  },
  oidcScopeMap: {
    part: 'oidc',
    name: 'OIDC_SCOPE_MAP',
    meaning: 'scopes of its words',
    parse: parseScopeMap
  },
  oidcVmTagsClaim: {
    part: 'oidc',
    name: 'OIDC_VM_TAGS_CLAIM',
    meaning: 'claim that names tags of VMs',
    parse: asGiven
  },
  /** What `/chat/completions` is appended to, for example `http://127.0.0.1:11434/v1`. */
  llmBaseUrl: {
    part: 'llm',
    name: 'LLM_BASE_URL',
    meaning: 'OpenAI-compatible server of ask_api',
    parse: parseLlmUrl
  },
  llmModel: { part: 'llm', name: 'LLM_MODEL', meaning: 'its model', parse: asGiven },
  llmApiKey: {
    part: 'llm',
    name: 'LLM_API_KEY',
    meaning: 'its key',
    parse: parseToken,
    secrets: whole
  }
} as const satisfies Record<string, Setting>
