import type { ErrorObject } from 'ajv'
import { BodyValidators } from '../catalog/call/body-validators.ts'
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

/** Checks bodies against the catalog, and says what is wrong in the words of FACTS 3.4. */
export class BodyValidator {
  readonly #validators: BodyValidators

  constructor(catalog: Catalog) {
    this.#validators = new BodyValidators(catalog)
  }

  /** What is wrong with the body, one sentence each; empty if it is good. */
  problems(operation: Operation, body: unknown): string[] {
    return [...new Set(this.#validators.errors(operation, body).map(sentence))]
  }
}
