import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors.ts'
import { importUri, newArchivePlace } from '../src/tools/export-archive.ts'
import { redactCredentials } from '../src/lib/secrets.ts'
import { additive, defineTool, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/find-record.ts'
import { Input, Name, VmUuid, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import { reportWhile } from '../src/tools/task/progress.ts'
import { newVmIsOff, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'

export const exportVm = defineTool({
  name: 'exportVM',
  title: 'Export a VM to the archive',
  description:
    "Writes a copy of a VM to the bridge's archive, in minutes: waitTask. Returns pathURI for importVM.",
  tag: 'transfer',
  annotations: additive,
  slow: true,
  input: Input({ vmUUID: VmUuid, ...writeArguments }),
  output: WriteResponse({
    vmName: Type.String(),
    pathURI: Type.String({ description: 'folder of the export, password redacted' }),
    definitionFileName: Type.String()
  }),

  async run(context, { vmUUID, wait }) {
    const { hypercore, exportUri, signal } = context
    if (exportUri === undefined)
      throw new BridgeError(
        'NOT_CONFIGURED',
        'exportVM has no archive to write to: set SCALE_EXPORT_URI, for example smb://user:password@server/share'
      )
    const vm = await findVm(context, vmUUID)
    const { pathURI, shown, definitionFileName } = newArchivePlace(exportUri, vm.name)
    const body = { target: { pathURI, definitionFileName, format: 'qcow2' } }
    const path = `/VirDomain/${vmUUID}/export`
    const subject = `Export of VM ${vm.name}`
    const result = await reportWhile(
      context,
      `${subject}: the cluster prepares it`,
      hypercore.write('POST', path, body, { signal, timeoutMs: hypercore.limits.acceptMs })
    )
    const response = await writeResponse(context, result, wait, {
      subject,
      done: `Exported VM ${vm.name} to ${shown} as ${definitionFileName}`,
      next: 'importVM takes both',
      advice: tryAgain('exportVM', 'getVM_details')
    })
    return { ...response, vmName: vm.name, pathURI: shown, definitionFileName }
  }
})

export const importVm = defineTool({
  name: 'importVM',
  title: 'Import a VM from an archive',
  description: 'Makes a VM out of an export, in minutes: waitTask.',
  tag: 'transfer',
  annotations: additive,
  slow: true,
  input: Input({
    pathURI: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: 'as exportVM returned it'
    }),
    definitionFileName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'such as web-01.xml'
      })
    ),
    name: Type.Optional(Name('default: its old one')),
    ...writeArguments
  }),
  output: WriteResponse({ pathURI: Type.String({ description: 'password redacted' }) }),

  async run(context, { pathURI, definitionFileName, name, wait }) {
    const { hypercore, exportUri, signal } = context
    const address = importUri(pathURI.trim(), exportUri)
    if (!/^(smb|https?):\/\/[^/]+\/./i.test(address))
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'pathURI must be an address such as smb://server/share/folder or https://server/folder, as exportVM returns it'
      )
    const body = {
      source: {
        pathURI: address,
        ...(definitionFileName === undefined ? {} : { definitionFileName })
      },
      ...(name === undefined ? {} : { template: { name } })
    }
    const options = { signal, timeoutMs: hypercore.limits.acceptMs }
    const subject = name === undefined ? 'Import of a VM' : `Import of VM ${name}`
    const result = await reportWhile(
      context,
      `${subject}: the cluster prepares it`,
      hypercore.write('POST', '/VirDomain/import', body, options)
    )
    const response = await writeResponse(context, result, wait, {
      subject,
      ...(name !== undefined && { done: `Created VM ${name}` }),
      next: newVmIsOff,
      advice: tryAgain('importVM', 'vm_read')
    })
    return { ...response, pathURI: redactCredentials(address) }
  }
})

export const transferTools: Tool[] = [exportVm, importVm]
