import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Catalog, Operation } from '../load.ts'

/**
 * Validators of request bodies, compiled from a catalog when they are first needed. They are as
 * strict as each schema says on each level: other fields are refused where it forbids them, and
 * fields that are read-only wherever they stand (FACTS 3.3 and 3.4).
 */
export class BodyValidators {
  readonly #ajv: Ajv2020
  readonly #components: unknown
  readonly #compiled = new Map<Operation, ValidateFunction>()

  constructor(catalog: Catalog) {
    this.#ajv = new Ajv2020({
      allErrors: true,
      verbose: true,
      strict: false,
      // Compiling the schemas of JSON Schema costs the first call more than its own; these are known.
      meta: false,
      validateSchema: false,
      validateFormats: false
    })
    this.#ajv.removeKeyword('readOnly')
    this.#ajv.addKeyword({
      keyword: 'readOnly',
      schemaType: 'boolean',
      error: { message: 'is read-only' },
      validate: (readOnly: boolean) => !readOnly
    })
    this.#components = catalog.document.components
  }

  /** What is wrong with a body; nothing where the operation takes none. */
  errors(operation: Operation, body: unknown): ErrorObject[] {
    if (operation.body === undefined) return []
    let validate = this.#compiled.get(operation)
    if (validate === undefined) {
      // The components stand beside the schema, so that its `#/components/schemas/…` resolve.
      validate = this.#ajv.compile({ ...operation.body.schema, components: this.#components })
      this.#compiled.set(operation, validate)
    }
    return validate(body) ? [] : (validate.errors ?? [])
  }
}
