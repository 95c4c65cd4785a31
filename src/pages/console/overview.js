// What happens beside the plans: the cluster, its tasks, calls and tokens.
import { create, part, theirs, time, who } from './dom.js'

/** @param {string} id @param {Node[]} entries */
function fill(id, entries) {
  const section = part(id)
  section.hidden = false
  const empty = section.querySelector('.empty')
  if (empty instanceof HTMLElement) empty.hidden = entries.length > 0
  section.querySelector('ul, ol')?.replaceChildren(...entries)
}

/** @param {string} text */
const kind = (text) => `badge ${text.toLowerCase().replace(/[^a-z]/g, '')}`

/** @param {{ tasks: any[] }} data */
export function showTasks({ tasks }) {
  fill(
    'tasks',
    tasks.map(({ taskTag, state, percent, description, message }) => {
      const bar = create('progress')
      bar.max = 100
      bar.value = percent
      bar.setAttribute('aria-label', `Task ${taskTag}`)
      return create(
        'li',
        `task ${state.toLowerCase()}`,
        create('p', '', theirs(description || `Task ${taskTag}`)),
        create(
          'div',
          'row',
          bar,
          create('span', 'number', `${percent} %`),
          create('span', kind(state), state)
        ),
        state === 'ERROR' && message ? create('p', 'problem', theirs(message)) : null
      )
    })
  )
}

/** @param {string} label @param {string} value @param {boolean} [good] */
const figure = (label, value, good = true) =>
  create('div', good ? 'figure' : 'figure bad', create('dt', '', label), create('dd', '', value))

/** @param {any} cluster */
export function showCluster({
  problem,
  name,
  version,
  nodes,
  vms,
  conditions = [],
  update,
  traffic = []
}) {
  const content = part('cluster').querySelector('.content')
  const notes = traffic.map((/** @type {string} */ text) => create('p', 'note', theirs(text)))
  if (problem !== undefined) {
    content?.replaceChildren(create('p', 'problem', theirs(problem)), ...notes)
    return
  }
  content?.replaceChildren(
    create('p', '', create('strong', '', theirs(name)), ` HyperCore ${version}`),
    create(
      'dl',
      'figures',
      figure('Nodes up', `${nodes.up} of ${nodes.total}`, nodes.up === nodes.total),
      figure('VMs running', `${vms.running} of ${vms.total}`)
    ),
    update === undefined ? '' : create('p', 'note', theirs(update.summary)),
    ...notes,
    conditions.length === 0
      ? create('p', 'empty', 'No check reports a problem.')
      : create(
          'ul',
          'conditions',
          ...conditions.map((/** @type {any} */ { severity, description, count, nodes: places }) =>
            create(
              'li',
              '',
              create('span', kind(severity), severity),
              ' ',
              theirs(description),
              count > 1 ? ` (${count} times)` : '',
              places.length > 0 ? create('span', 'quiet', ` ${places.join(', ')}`) : ''
            )
          )
        )
  )
}

/** @param {{ calls: any[] }} data */
export function showCalls({ calls }) {
  fill('calls', calls.map(callOf))
}

/** @param {any} call */
function callOf(call) {
  const { targets, plan, approver } = call
  const names = targets.flatMap((/** @type {string} */ name, /** @type {number} */ i) => [
    i > 0 ? ', ' : '',
    theirs(name)
  ])
  return create(
    'li',
    '',
    create(
      'p',
      'row',
      time(call.time),
      create('strong', '', theirs(call.tool)),
      call.effect === '' ? null : create('span', kind(call.effect), call.effect),
      call.state === '' ? null : create('span', kind(call.state), call.state),
      call.count > 1 ? `${call.count} times` : null
    ),
    create(
      'p',
      'quiet',
      ...names,
      names.length > 0 ? ', by ' : 'By ',
      who(call.token, call.person),
      plan === '' ? '' : `, plan ${plan}`,
      approver === '' ? '' : ', approved by ',
      approver === '' ? '' : theirs(approver),
      call.message === '' ? '' : ': ',
      call.message === '' ? '' : theirs(call.message)
    )
  )
}

/** @param {{ tokens: any[] }} data */
export function showTokens({ tokens }) {
  fill(
    'tokens',
    tokens.map(({ name, kind: how, scopes, vmTags, person, calls, lastUsedAt }) =>
      create(
        'li',
        '',
        create('p', '', who(name, person), how === 'operator' ? ' (MCP_BEARER_TOKEN)' : ''),
        create(
          'p',
          'quiet',
          scopes.join(', '),
          vmTags === null ? '' : `; VMs tagged ${vmTags.join(' or ')}`
        ),
        create('p', 'quiet', `${calls} ${calls === 1 ? 'call' : 'calls'}, last `, time(lastUsedAt))
      )
    )
  )
}
