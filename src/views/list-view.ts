/**
 * How the records of one list are shown.
 * @typeParam F the fields they are described by; those of the record itself where nothing describes it
 */
export interface ListView<T extends object, F extends object = T> {
  /** Fields to read and filter by, under the cluster's names or our own. */
  describe?: (record: T) => F
  /** Those of them that a summary has; default all. */
  summary?: readonly (keyof F & string)[]
  /** Those of them that a text has unless told otherwise; default those of the summary. */
  columns?: readonly (keyof F & string)[]
}
