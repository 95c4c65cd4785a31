/** A heading and lines to copy. */
export interface Snippet {
  title: string
  lines: string[]
}

const shellWord = (text: string): string =>
  /^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/**
 * How to reach a bridge. The token itself stands in the first snippet only; the others name the
 * variable that the first one sets.
 */
export function connectionSnippets(url: string, token: string): Snippet[] {
  const curl = [
    `curl -s ${url}/fetch_vm`,
    '-H "Authorization: Bearer $MCP_BEARER_TOKEN"',
    "-H 'Content-Type: application/json'",
    `-d '{"name": "web"}'`
  ]
  return [
    {
      title: 'The client token, shown this once; the lines below use the variable',
      lines: [`export MCP_BEARER_TOKEN=${shellWord(token)}`]
    },
    { title: 'curl, for example to find VMs', lines: [curl.join(' ')] },
    {
      title: 'OpenWebUI: the value of TOOL_SERVER_CONNECTIONS, or for Import in its settings',
      lines: [JSON.stringify([openWebUiConnection(url)])]
    }
  ]
}

/** A tool server of OpenWebUI, as its `TOOL_SERVER_CONNECTIONS` and its Import take it. */
function openWebUiConnection(url: string): Record<string, unknown> {
  return {
    type: 'openapi',
    url,
    spec_type: 'url',
    spec: '',
    path: 'openapi.json',
    auth_type: 'bearer',
    key: '$MCP_BEARER_TOKEN',
    headers: null,
    config: { enable: true, function_name_filter_list: '', access_grants: [] },
    info: { id: 'hypercore', name: 'HyperCore', description: 'VMs of a SCALE Computing cluster' }
  }
}
