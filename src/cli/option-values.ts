import { InvalidArgumentError, Option } from 'commander'

/** Reads a number of an option; whole ones by default. */
export function number(
  least: number,
  max: number,
  { whole = true } = {}
): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || (whole ? !Number.isInteger(value) : !Number.isFinite(value)))
      throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number.`)
    if (value < least || value > max)
      throw new InvalidArgumentError(`It must be from ${least} to ${max}.`)
    return value
  }
}

/** For options that may be repeated. */
export const collect = (text: string, before: string[] = []): string[] => [...before, text]

export const port = number(0, 65535)
export const whole = number(0, Number.MAX_SAFE_INTEGER)

/** `--settings`, for every command that reads settings. */
export const settingsOption = (): Option =>
  new Option('--settings <file>', 'settings file (default: ./.env)')
