import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import {
  forCluster,
  importPlace,
  newExportTarget,
  requireFileName
} from '../src/tools/vms/export-archive.ts'
import {
  additiveElsewhere,
  defineTool,
  type Tool,
  type ToolContext
} from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { knownVms } from '../src/tools/names/known-vms.ts'
import { notesOnName, readNotesOnName } from '../src/tools/names/same-name.ts'
import { snapshotOf } from '../src/tools/vms/snapshot-of-vm.ts'
import {
  Input,
  Name,
  Reference,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { reportWhile } from '../src/tools/task/progress.ts'
import { newVmIsOff, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { quoteName, quoteText } from '../src/lib/text/quote.ts'
import { snapshotName, snapshotOfVm } from '../src/views/snapshot.ts'

/** As the vendor's own tools export: small on the share, and several disks at once (FACTS 24, high). */
const exportFormat = {
  format: 'qcow2',
  compress: true,
  allowNonSequentialWrites: true,
  parallelCountPerTransfer: 4
}

/** Longest address that is shown in a sentence; pathURI has all of it. */
const maxAddress = 500

export const exportVm = defineTool({
  name: 'exportVM',
  title: 'Export a VM to the archive',
  description: 'Writes a copy of a VM to the archive, in minutes: waitTask.',
  tag: 'transfer',
  annotations: additiveElsewhere,
  effects: ['egress'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    snapUUID: Type.Optional(Reference('snapshot', 'label or uuid, default: now')),
    ...writeArguments
  }),
  output: WriteResponse({
    vmName: Type.String(),
    pathURI: Type.String({ description: 'folder of the export, without login' }),
    definitionFileName: Type.String()
  }),

  async run(context, { vmUUID, snapUUID, wait }) {
    const { authority, hypercore, archive, signal } = context
    if (archive === undefined)
      throw new BridgeError(
        'NOT_CONFIGURED',
        'exportVM has no archive to write to: set SCALE_EXPORT_URI, for example smb://user:password@server/share'
      )
    const vm = await findVm(context, vmUUID)
    const place = newExportTarget(archive, vm.name, authority.stamp)
    const { address, definitionFileName } = place
    const snapshot =
      snapUUID === undefined ? undefined : await snapshotOf(context, vm, snapUUID, 'exported')
    const body = {
      target: { pathURI: forCluster(place), definitionFileName, ...exportFormat },
      ...(snapshot !== undefined && { snapUUID: snapshot.uuid })
    }
    const path = `/VirDomain/${vmUUID}/export`
    const what =
      snapshot === undefined
        ? `VM ${quoteName(vm.name)}`
        : snapshotOfVm(snapshotName(snapshot), vm.name)
    const subject = `Export of ${what}`
    const result = await reportWhile(
      context,
      `${subject}: the cluster prepares it`,
      hypercore.write('POST', path, body, { signal, timeoutMs: hypercore.limits.acceptMs })
    )
    const response = await writeResponse(context, result, wait, {
      subject,
      done: `Exported ${what} to ${quoteText(address, maxAddress)} as ${quoteText(definitionFileName)}`,
      next: 'importVM takes both',
      advice: tryAgain('exportVM', 'getVM_details')
    })
    return { ...response, vmName: vm.name, pathURI: address, definitionFileName }
  }
})

/** What is to be said of the name that a VM brought with it. */
async function notesOnCreated(
  context: ToolContext,
  { state, createdUUID }: WriteResponse
): Promise<string[]> {
  if (state !== 'COMPLETE' || createdUUID === '') return []
  const vms = await knownVms(context)
  const name = vms.find(({ uuid }) => uuid === createdUUID)?.name
  return name === undefined ? [] : notesOnName(name, vms, createdUUID)
}

export const importVm = defineTool({
  name: 'importVM',
  alone: 'what lies in an archive cannot be seen before',
  title: 'Import a VM from an archive',
  description: 'Creates a VM from an export, in minutes: waitTask.',
  tag: 'transfer',
  annotations: additiveElsewhere,
  effects: ['egress'],
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
        description: 'the .xml file'
      })
    ),
    name: Type.Optional(Name('default: its old one')),
    ...writeArguments
  }),
  output: WriteResponse({ pathURI: Type.String({ description: 'without login' }) }),

  async run(context, { pathURI, definitionFileName, name, wait }) {
    const { hypercore, archive, signal } = context
    if (definitionFileName !== undefined) requireFileName(definitionFileName)
    const place = importPlace(pathURI.trim(), archive)
    if (!/^(smb|https?):\/\/[^/]+\/./i.test(place.address))
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'pathURI must be an address such as smb://server/share/folder or https://server/folder, as exportVM returns it'
      )
    const body = {
      source: {
        pathURI: forCluster(place),
        ...(definitionFileName === undefined ? {} : { definitionFileName })
      },
      ...(name === undefined ? {} : { template: { name } })
    }
    const notes = name === undefined ? [] : await readNotesOnName(context, name)
    const options = { signal, timeoutMs: hypercore.limits.acceptMs }
    const subject = name === undefined ? 'Import of a VM' : `Import of VM ${quoteName(name)}`
    const result = await reportWhile(
      context,
      `${subject}: the cluster prepares it`,
      hypercore.write('POST', '/VirDomain/import', body, options)
    )
    const response = await writeResponse(context, result, wait, {
      subject,
      ...(name !== undefined && { done: `Created VM ${quoteName(name)}` }),
      next: newVmIsOff,
      advice: tryAgain('importVM', 'vm_read')
    })
    if (name === undefined) notes.push(...(await notesOnCreated(context, response)))
    return { ...response, ...(notes.length > 0 && { notes }), pathURI: place.address }
  }
})

export const transferTools: Tool[] = [exportVm, importVm]
