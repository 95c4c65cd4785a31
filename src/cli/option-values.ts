import { InvalidArgumentError, Option } from 'commander'

/** Reads a number of an option; an integer by default. */
export function number(
  min: number,
  max: number,
  { integer = true } = {}
): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || (integer ? !Number.isInteger(value) : !Number.isFinite(value)))
      throw new InvalidArgumentError(`It must be a ${integer ? 'whole ' : ''}number.`)
    if (value < min || value > max)
      throw new InvalidArgumentError(`It must be from ${min} to ${max}.`)
    return value
  }
}

/** For options that may be repeated. */
export const collect = (text: string, before: string[] = []): string[] => [...before, text]

export const port = number(0, 65535)
export const integer = number(0, Number.MAX_SAFE_INTEGER)

/** `--settings`, for every command that reads settings. */
export const settingsOption = (): Option =>
  new Option('--settings <file>', 'settings file (default: ./.env)')
