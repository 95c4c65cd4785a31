import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { scopeRequired } from '../src/identity/scope-required.ts'
import {
  additiveElsewhere,
  defineTool,
  type Tool,
  type ToolContext
} from '../src/tools/define-tool.ts'
import { Input, Name, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import { type ImageKind, imageName } from '../src/tools/upload/image-kind.ts'
import { fileNameIn, openRemoteFile, requireAllowed } from '../src/tools/upload/remote-file.ts'
import { uploadImage, type UploadOutcome, withImageName } from '../src/tools/upload/upload-image.ts'

const input = (name: string) =>
  Input({
    url: Type.String({
      minLength: 1,
      maxLength: 2000,
      'x-example': '"https://images.example/debian.iso"',
      description: 'https'
    }),
    name: Type.Optional(Name(name)),
    sha256: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[0-9a-fA-F]{64}$',
        'x-format-hint': '64 hexadecimal digits',
        'x-unlisted': true,
        description: 'checksum',
        'x-hint': 'the checksum that is published with the file'
      })
    ),
    ...writeArguments
  })

const output = WriteResponse({
  name: Type.String(),
  bytes: Type.Integer(),
  sha256: Type.String({ description: 'of what was sent; empty where it broke off' })
})

interface Args {
  url: string
  name?: string
  sha256?: string
}

/** Without the right to upload, the bridge does not look at the address either. */
function requireUploading({ authority: { principal, dryRun }, readOnly }: ToolContext): void {
  if (dryRun === true) return
  if (readOnly)
    throw new BridgeError(
      'READ_ONLY',
      'The bridge only reads (READ_ONLY=true), and this would upload a file to the cluster. Nothing was sent'
    )
  if (!principal.scopes.has('egress'))
    throw scopeRequired(principal, 'Uploading a file to the cluster', ['egress'])
}

async function fromAddress(
  context: ToolContext,
  tool: string,
  kind: ImageKind,
  { url, name: given, sha256 }: Args
): Promise<UploadOutcome['response']> {
  requireUploading(context)
  const { importSources, signal } = context
  requireAllowed(url, importSources)
  const name = imageName(kind, given, fileNameIn(url))
  return withImageName(context, kind, name, async (left) => {
    const remote = await openRemoteFile(url, importSources, signal)
    try {
      const file = { ...remote, sha256, from: remote.address }
      return (await uploadImage(context, tool, { kind, name, file }, left)).response
    } finally {
      remote.close()
    }
  })
}

export const uploadIso = defineTool({
  name: 'uploadISO',
  alone: 'a file is not sent twice',
  title: 'Upload an ISO image',
  description: 'Downloads an ISO from an allowed URL to the cluster.',
  tag: 'transfer',
  annotations: additiveElsewhere,
  effects: ['egress', 'change'],
  slow: true,
  sequence: () => true,
  input: input('default: that of the file'),
  output,
  run: (context, args) => fromAddress(context, 'uploadISO', 'ISO', args)
})

export const uploadDisk = defineTool({
  name: 'uploadDisk',
  alone: 'a file is not sent twice',
  title: 'Upload a disk image',
  description: 'The same for a disk image: qcow2, vmdk, vhd, vhdx, img, raw.',
  tag: 'transfer',
  annotations: additiveElsewhere,
  effects: ['egress'],
  slow: true,
  sequence: () => true,
  input: input('default: that of the file'),
  output,
  run: (context, args) => fromAddress(context, 'uploadDisk', 'VirtualDisk', args)
})

export const uploadTools: Tool[] = [uploadIso, uploadDisk]
