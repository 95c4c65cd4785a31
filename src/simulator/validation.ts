import type { ErrorObject } from 'ajv'
import { BodyValidators } from '../catalog/call/body-validators.ts'
import type { Catalog, Operation } from '../catalog/load.ts'
import type { SimulatorOptions } from './options.ts'

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

/** A read-only field where the cluster ignores those, such as `/dom/blockDevs/0/uuid`. */
const isIgnored = (
  { ignoresReadOnly }: Operation,
  { keyword, instancePath }: ErrorObject
): boolean =>
  keyword === 'readOnly' &&
  ignoresReadOnly.some((place) => instancePath.startsWith(`/${place.replaceAll('.', '/')}/`))

/** Checks bodies against the catalog, and says what is wrong in the words of FACTS 3.4. */
export class BodyValidator {
  readonly #validators: BodyValidators
  readonly #nestedReadOnly: SimulatorOptions['nestedReadOnly']

  constructor(catalog: Catalog, nestedReadOnly: SimulatorOptions['nestedReadOnly']) {
    this.#validators = new BodyValidators(catalog)
    this.#nestedReadOnly = nestedReadOnly
  }

  /** What is wrong with the body, one sentence each; empty if it is good. */
  problems(operation: Operation, body: unknown): string[] {
    const errors = this.#validators
      .errors(operation, body)
      .filter((error) => this.#nestedReadOnly === 'refused' || !isIgnored(operation, error))
    return [...new Set(errors.map(sentence))]
  }
}
