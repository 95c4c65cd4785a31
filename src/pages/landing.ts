/** What a person sees who opens the bridge's address in a browser; no build step, nothing from elsewhere. */
export const landingStyles = `
:root { color-scheme: light dark; --line: #8885; --soft: #8882; --good: #1a7f37; --bad: #c9302c; }
@media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff7b72; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; }
small { opacity: .7; }
#state { border: 1px solid var(--line); border-left: 6px solid var(--line); border-radius: 6px; padding: .6rem 1rem; }
#state.good { border-left-color: var(--good); }
#state.bad { border-left-color: var(--bad); }
.copy { display: flex; gap: .5rem; align-items: stretch; margin: .5rem 0; }
.copy code { flex: 1; min-width: 0; overflow-x: auto; white-space: pre; padding: .5rem .7rem; background: var(--soft); border-radius: 6px; }
button { font: inherit; padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 6px; background: none; cursor: pointer; }
a { color: inherit; }
`

export const landingScript = `
for (const part of document.querySelectorAll('[data-path]'))
  part.textContent = part.textContent.replaceAll('{origin}', location.origin)
for (const button of document.querySelectorAll('.copy button'))
  button.addEventListener('click', async () => {
    const code = button.previousElementSibling
    try { await navigator.clipboard.writeText(code.textContent) } catch {
      const range = document.createRange()
      range.selectNodeContents(code)
      getSelection().removeAllRanges()
      getSelection().addRange(range)
      return
    }
    button.textContent = 'Copied'
    setTimeout(() => (button.textContent = 'Copy'), 1500)
  })
const state = document.getElementById('state')
const say = (kind, text) => { state.className = kind; state.textContent = text }
async function look() {
  try {
    const { status, nodes, nodesAnswering, code } = await (await fetch('/ready')).json()
    if (status === 'ready') say('good', 'The cluster responds: ' + nodesAnswering + ' of ' + nodes + ' nodes.')
    else say('bad', 'The cluster does not respond' + (code ? ' (' + code + ')' : '') + ': run "scale-bridge check" where the bridge runs.')
  } catch { say('bad', 'The bridge does not respond.') }
}
look()
setInterval(look, 10000)
`

const copyable = (text: string, label: string): string =>
  `<div class="copy"><code data-path aria-label="${label}">${text}</code><button type="button">Copy</button></div>`

/** The page at `/`. */
export const landingPage = (version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>scale-bridge</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<style>${landingStyles}</style>
</head>
<body>
<main>
<h1>scale-bridge <small>${version}</small></h1>
<p>Lets OpenWebUI, Claude Desktop, other MCP clients and curl read and operate a SCALE Computing HyperCore cluster, with the same authenticated tools.</p>
<p id="state" role="status">Asking the cluster…</p>
<p><a href="/docs">Try the tools in Swagger UI</a> · <a href="/console">Approve calls in the console</a></p>
<h2>OpenWebUI: address of the OpenAPI document</h2>
${copyable('{origin}/openapi.json', 'OpenAPI address')}
<p><small>For a small model, the tool set core:</small></p>
${copyable('{origin}/openapi.json?tools=core', 'OpenAPI address of the core tools')}
<h2>MCP clients: Streamable HTTP</h2>
${copyable('{origin}/mcp', 'MCP address')}
<h2>Ready configurations</h2>
<p>Where the bridge runs, this prints the configuration for one client; without a name it lists the clients:</p>
${copyable('scale-bridge connect openwebui', 'connect command')}
<p><small>Without <code>scale-bridge</code> on the PATH, in the folder of the bridge: <code>node dist/cli.js connect openwebui</code></small></p>
<h2>curl</h2>
${copyable(`curl -sS {origin}/cluster_read -H "Authorization: Bearer $MCP_BEARER_TOKEN" -H 'Accept: text/plain' -X POST`, 'curl line')}
<p><small>Every call needs the client token, the value of MCP_BEARER_TOKEN.</small></p>
</main>
<script>${landingScript}</script>
</body>
</html>
`
