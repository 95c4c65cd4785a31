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
    meaning:
      'service that knows which person uses which VM, for `fetch_vm` with `user`: called as `GET <url>?user=…`, returns a JSON list of VM names or uuids',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  /** Where notifications of pending plans are sent. */
  webhookUrl: {
    part: 'webhook',
    name: 'APPROVAL_WEBHOOK',
    meaning: 'URL that is notified of each pending plan, by a [signed POST](approvals.md#webhook)',
    parse: parseHttpUrl,
    // The address of a chat's webhook is its key.
    secrets: (url: string) => [...whole(url), ...inUrl(url)]
  },
  webhookSecret: {
    part: 'webhook',
    name: 'APPROVAL_WEBHOOK_SECRET',
    meaning:
      'key of its signatures: `whsec_` and 24 to 64 bytes in base64; required if `APPROVAL_WEBHOOK` is set',
    parse: parseWebhookSecret,
    // The key alone, too, without the word that says what it is.
    secrets: (secret: string) => [...whole(secret), ...whole(secret.replace(/^whsec_/, ''))]
  },
  /** What `/api/v1/…` is appended to, for example `http://open-webui:8080`. */
  openWebUiUrl: {
    part: 'openWebUi',
    name: 'OPENWEBUI_URL',
    meaning:
      'address of the OpenWebUI whose chats show the [progress](clients/openwebui.md#progress-in-the-chat) of slow tools: `http://open-webui:8080`',
    parse: parseOpenWebUiUrl
  },
  openWebUiApiKey: {
    part: 'openWebUi',
    name: 'OPENWEBUI_API_KEY',
    meaning:
      'an API key of it, of an administrator or of the owner of the chats; required if `OPENWEBUI_URL` is set',
    parse: parseToken,
    secrets: whole
  },
  /** What OpenWebUI signs the names of its users with. */
  userTokenSecret: {
    part: 'bridge',
    name: 'OPENWEBUI_JWT_SECRET',
    meaning:
      'the `FORWARD_USER_INFO_HEADER_JWT_SECRET` of OpenWebUI, at least 32 characters: the [names of its users](oidc.md#openwebui) are then verified',
    parse: parseSigningSecret,
    secrets: whole
  },
  /** As the provider writes it in its tokens, character by character. */
  oidcIssuer: {
    part: 'oidc',
    name: 'OIDC_ISSUER',
    meaning:
      'the [identity provider](oidc.md) whose access tokens are accepted, as they have it in `iss`: `https://auth.example/realms/home`',
    parse: parseIssuer
  },
  oidcAudience: {
    part: 'oidc',
    name: 'OIDC_AUDIENCE',
    meaning:
      'the public URL of the bridge, for which tokens are issued: `https://bridge.example/mcp`; further audiences may follow, comma-separated. Required if `OIDC_ISSUER` is set',
    parse: parseAudience
  },
  oidcScopeClaim: {
    part: 'oidc',
    name: 'OIDC_SCOPE_CLAIM',
    meaning: 'the claim that [grants scopes](oidc.md#scopes): `groups`, `realm_access.roles`',
    shownDefault: '`scope` and `scp`',
    parse: asGiven
  },
  oidcScopeMap: {
    part: 'oidc',
    name: 'OIDC_SCOPE_MAP',
    meaning:
      'the scopes that its values stand for: `ops=read,operate;admins=read,operate,lose`; no others then grant anything',
    parse: parseScopeMap
  },
  oidcVmTagsClaim: {
    part: 'oidc',
    name: 'OIDC_VM_TAGS_CLAIM',
    meaning:
      'the claim with the tags of the VMs that a token may touch; without the claim it may touch none',
    parse: asGiven
  },
  /** What `/chat/completions` is appended to, for example `http://127.0.0.1:11434/v1`. */
  llmBaseUrl: {
    part: 'llm',
    name: 'LLM_BASE_URL',
    meaning:
      'the OpenAI-compatible server behind `ask_api` and `scale-bridge ask`, without `/chat/completions`: `http://127.0.0.1:11434/v1` for Ollama',
    parse: parseLlmUrl
  },
  llmModel: {
    part: 'llm',
    name: 'LLM_MODEL',
    meaning: 'its model, for example `qwen3:4b`; required if `LLM_BASE_URL` is set',
    parse: asGiven
  },
  llmApiKey: {
    part: 'llm',
    name: 'LLM_API_KEY',
    meaning: 'its key, if it needs one',
    parse: parseToken,
    secrets: whole
  }
} as const satisfies Record<string, Setting>
