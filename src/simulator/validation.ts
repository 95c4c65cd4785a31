import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Catalog, Operation } from '../catalog/load.ts'

function sentence(error: ErrorObject): string {
  const at =
    error.instancePath === '' ? 'the body' : error.instancePath.slice(1).replaceAll('/', '.')
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties':
      return `Property not allowed: ${String(params.additionalProperty)}`
    case 'readOnly':
      return `Cannot write to read-only property: ${at.split('.').at(-1) ?? at}`
    case 'required':
      return `Required property is missing: ${String(params.missingProperty)}`
    case 'enum':
      return `Value of ${at} must be one of ${(params.allowedValues as unknown[]).join(', ')}`
    case 'type':
      return `Value of ${at} must be of type ${String(params.type)}`
    default:
      return `Value of ${at} ${error.message ?? 'is not valid'}`
  }
}

/**
 * Checks bodies against the catalog: unknown and read-only properties, enums, types and required
 * properties, on every level, as strict as each schema says (FACTS 3.3 and 3.4). Schemas are
 * compiled when they are first needed.
 */
export class BodyValidator {
  readonly #ajv: Ajv2020
  readonly #components: unknown
  readonly #compiled = new Map<Operation, ValidateFunction>()

  constructor(catalog: Catalog) {
    this.#ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false })
    this.#ajv.removeKeyword('readOnly')
    this.#ajv.addKeyword({
      keyword: 'readOnly',
      schemaType: 'boolean',
      error: { message: 'is read-only' },
      validate: (readOnly: boolean) => !readOnly
    })
    this.#components = catalog.document.components
  }

  /** What is wrong with the body, one sentence each; empty if it is good. */
  problems(operation: Operation, body: unknown): string[] {
    if (operation.body === undefined) return []
    let validate = this.#compiled.get(operation)
    if (validate === undefined) {
      // The components stand beside the schema, so that its `#/components/schemas/…` resolve.
      validate = this.#ajv.compile({ ...operation.body.schema, components: this.#components })
      this.#compiled.set(operation, validate)
    }
    return validate(body) ? [] : [...new Set((validate.errors ?? []).map(sentence))]
  }
}
