/** Keeps which nodes were found by the cluster's list, so that the next start can ask them. */
export interface FoundNodes {
  /** Origins, such as `https://10.20.0.13`; empty where nothing is known. */
  read(): Promise<string[]>
  keep(origins: readonly string[]): Promise<void>
}
