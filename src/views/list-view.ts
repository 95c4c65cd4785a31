/** What a field of a list is in numbers, so that filters can compare it. */
export interface Measure<T extends object> {
  /** `time` is Unix seconds, `age` seconds. */
  kind: 'bytes' | 'number' | 'time' | 'age'
  /**
   * Undefined where it is not known. One that never was is older than any: `Infinity` for an age,
   * `-Infinity` for a time.
   */
  of: (record: T) => number | undefined
  /** What a record lacks that never was, for a sentence: `no snapshot`. */
  none?: string
}

/**
 * How the records of one list are shown, and what people call what is in them.
 * @typeParam F the fields they are described by; those of the record itself where nothing describes it
 */
export interface ListView<T extends object, F extends object = T> {
  /** Fields to read and filter by, under the cluster's names or our own. */
  describe?: (record: T) => F
  /** Those of them that a summary has; default all. */
  summary?: readonly (keyof F & string)[]
  /** Those of them that a text has by default; where left out, those of the summary. */
  columns?: readonly (keyof F & string)[]
  /** By the name of a field, where its value does not show what it is in numbers. */
  measures?: Readonly<Record<string, Measure<T>>>
  /** Other names of fields: `os` for `osType`. */
  aliases?: Readonly<Record<string, string>>
  /** By field: the records' word for a value in lower case; undefined where it is not an alias. */
  words?: Readonly<Record<string, (value: string) => string | undefined>>
  /** By field: all values that there are, where no others can be; any other is not understood. */
  values?: Readonly<Record<string, readonly string[]>>
  /** Phrases in lower case, and the field and value they stand for. */
  phrases?: Readonly<Record<string, readonly [field: string, value: string]>>
  /** The field that `older:7d` goes by. */
  time?: string
  /** Fields that are read only for those who name them. */
  onDemand?: readonly string[]
}

/** Sizes of which the record has the bytes. */
export const bytes = <T extends object>(of: (record: T) => number): Measure<T> => ({
  kind: 'bytes',
  of
})

/** A time of which the record has Unix seconds; 0 is never. */
export const time = <T extends object>(of: (record: T) => number, none?: string): Measure<T> => ({
  kind: 'time',
  of: (record) => (of(record) > 0 ? of(record) : -Infinity),
  ...(none !== undefined && { none })
})

/** How long ago Unix seconds were; 0 is never. */
export const age = <T extends object>(
  of: (record: T) => number | undefined,
  none?: string,
  // oxlint-disable-next-line no-restricted-properties -- compared with a date
  now = (): number => Date.now() / 1000
): Measure<T> => ({
  kind: 'age',
  of: (record) => {
    const at = of(record)
    return at === undefined ? undefined : at > 0 ? Math.max(0, now() - at) : Infinity
  },
  ...(none !== undefined && { none })
})
