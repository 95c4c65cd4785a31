/** The letter of a Windows drive in any of its forms: `c:\`, `C`, `drive C`; undefined for anything else. */
export const driveLetter = (text: string): string | undefined =>
  /^(?:drive\s+)?([a-z])(?::[\\/]?|(?:\s+drive)?)$/i.exec(text.trim())?.[1]?.toUpperCase()
