import { Type } from '@sinclair/typebox'
import type { VirDomainReplication } from '../src/hypercore/records/records.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { isObject, type JsonObject, textOf } from '../src/lib/json/json.ts'
import { foldCase } from '../src/lib/text/normalize.ts'
import { quoteName, quoteText } from '../src/lib/text/quote.ts'
import { defineTool, idempotent, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { Input, VmUuid, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import { completedWithoutTask, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'

/** Another cluster that this one knows (FACTS 9.2). */
interface Remote {
  uuid: string
  /** Its name, which is what people call it by. */
  name: string
  status: string
}

function remoteOf(record: JsonObject): Remote {
  const info = isObject(record['remoteClusterInfo']) ? record['remoteClusterInfo'] : {}
  return {
    uuid: textOf(record['uuid']),
    name: textOf(info['clusterName']) || textOf(record['label']) || textOf(record['uuid']),
    status: textOf(record['connectionStatus'])
  }
}

async function readRemotes({ hypercore, signal }: ToolContext): Promise<Remote[]> {
  return (await hypercore.recordsAt('/RemoteClusterConnection', { signal })).map(remoteOf)
}

/** The cluster that is meant; the only one where none is named. */
function chooseRemote(remotes: readonly Remote[], to: string | undefined): Remote {
  const there = remotes.map(({ name, status }) => `${quoteName(name)} (${status})`).join(', ')
  if (remotes.length === 0)
    throw new BridgeError(
      'ILLEGAL_STATE',
      "This cluster knows no other one to replicate to: connect them in the cluster's own pages first"
    )
  const found =
    to === undefined
      ? remotes
      : remotes.filter(
          ({ uuid, name }) => uuid === to.toLowerCase() || foldCase(name) === foldCase(to)
        )
  const [only] = found
  if (only === undefined)
    throw new BridgeError(
      'NOT_FOUND',
      `No remote cluster is called ${quoteText(to ?? '', 60)}: there is ${there}`
    )
  if (found.length > 1)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `to is missing, and there are several remote clusters: ${there}`
    )
  return only
}

/** How far a replication is; its percentage means something only where `valid` is 1 (FACTS 9.1: O). */
function progressOf({ enable, progress }: VirDomainReplication): string {
  if (!enable) return 'switched off'
  const { valid, percentComplete } = progress
  return valid === 1 && percentComplete < 100
    ? `on, the last transfer is at ${Math.round(percentComplete)} %`
    : 'on'
}

const replicate = defineTool({
  name: 'replicate',
  title: 'Replicate a VM to another cluster',
  description: 'Replicates a VM to a remote cluster, or switches that off. Ask the user first.',
  tag: 'transfer',
  annotations: { ...idempotent, openWorldHint: true },
  effects: ['egress', 'lose'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        'x-example': '"dr-site"',
        description: 'remote cluster'
      })
    ),
    enable: Type.Optional(Type.Boolean({ default: true })),
    ...writeArguments
  }),
  output: WriteResponse({ replication: Type.String({ description: 'how it stands' }) }),

  async run(context, { vmUUID, to, enable = true, wait }) {
    const { hypercore, signal } = context
    const [vm, all, remotes] = await Promise.all([
      findVm(context, vmUUID),
      hypercore.list('/VirDomainReplication', { signal }),
      readRemotes(context)
    ])
    const name = quoteName(vm.name)
    if (vm.sourceVirDomainUUID !== '')
      throw new BridgeError(
        'ILLEGAL_STATE',
        `VM ${name} is itself the copy of a replication: replicate the VM on the cluster it comes from`
      )
    const own = all.filter(({ sourceDomainUUID }) => sourceDomainUUID === vm.uuid)
    const remote =
      own.length > 0 && to === undefined
        ? remotes.find(({ uuid }) => uuid === own[0]?.connectionUUID)
        : chooseRemote(remotes, to)
    const present = own.find(({ connectionUUID }) => connectionUUID === remote?.uuid)
    const [other] = own
    const target = quoteName(remote?.name ?? 'the remote cluster')
    if (present === undefined && other !== undefined)
      throw new BridgeError(
        'ILLEGAL_STATE',
        `VM ${name} is replicated already, to ${quoteName(remotes.find(({ uuid }) => uuid === other.connectionUUID)?.name ?? other.connectionUUID)}, and a VM is replicated once`
      )
    if (present?.enable === enable || (present === undefined && !enable)) {
      const stands = present === undefined ? 'switched off' : progressOf(present)
      return {
        ...completedWithoutTask(`Nothing to change: the replication of VM ${name} is ${stands}`),
        replication: stands
      }
    }
    const result =
      present === undefined
        ? await hypercore.write(
            'POST',
            '/VirDomainReplication',
            { sourceDomainUUID: vm.uuid, connectionUUID: remote?.uuid, enable: true, label: '' },
            { signal }
          )
        : await hypercore.write(
            'PATCH',
            `/VirDomainReplication/${present.uuid}`,
            { enable },
            { signal }
          )
    const response = await writeResponse(context, result, wait, {
      subject: `Replication of VM ${name} to ${target}`,
      done: enable
        ? `VM ${name} is replicated to ${target}${remote?.status === 'ESTABLISHED' ? '' : `, which is not connected now (${remote?.status ?? 'unknown'})`}`
        : `Replication of VM ${name} to ${target} is switched off; the copy there stays as it is`,
      next: enable ? 'The first copy may take hours: replicate again says how far it is' : '',
      advice: tryAgain('replicate', 'getVM_details')
    })
    return { ...response, replication: enable ? 'on' : 'switched off' }
  }
})

export const replicateTools: Tool[] = [replicate]
