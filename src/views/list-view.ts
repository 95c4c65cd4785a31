type Fields = Record<string, unknown>

/** How the records of one list are shown. */
export interface ListView<T> {
  /** Fields to read and filter by, under the cluster's names or our own; default the record itself. */
  describe?: (record: T) => Fields
  /** Those of them that a summary has; default all. */
  summary?: readonly string[]
  /** Those of them that a text has unless told otherwise; default those of the summary. */
  columns?: readonly string[]
}
