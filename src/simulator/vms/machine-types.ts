import { ownValue } from '../../lib/json/own-value.ts'
export type MachineTypeKeyword = 'bios' | 'uefi' | 'tpm' | 'tpm-compatible'

/** Every machine type that is valid on some version (FACTS 5.3: S), with its keyword. */
const keywordOf: Readonly<Record<string, MachineTypeKeyword>> = {
  'scale-5.4': 'bios',
  'scale-6.4': 'bios',
  'scale-7.2': 'bios',
  'scale-bios-9.3': 'bios',
  'scale-bios-lsi-9.2': 'bios',
  'scale-8.10': 'uefi',
  'scale-uefi-9.3': 'uefi',
  'scale-uefi-tpm-9.2': 'tpm',
  'scale-uefi-tpm-9.3': 'tpm',
  'scale-uefi-tpm-compatible-9.3': 'tpm-compatible'
}

const newest: Readonly<Record<MachineTypeKeyword, string>> = {
  bios: 'scale-bios-9.3',
  uefi: 'scale-uefi-9.3',
  tpm: 'scale-uefi-tpm-9.3',
  'tpm-compatible': 'scale-uefi-tpm-compatible-9.3'
}

/** The machine type a keyword stands for from 9.3 on. */
export const machineTypeFor = (keyword: MachineTypeKeyword): string => newest[keyword]

/** The keyword of a machine type; undefined for a type no version knows. */
export const keywordFor = (machineType: string): MachineTypeKeyword | undefined =>
  ownValue(keywordOf, machineType)
