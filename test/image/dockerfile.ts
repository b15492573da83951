import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')

export interface Instruction {
  /** Upper case. */
  readonly keyword: string
  readonly rest: string
}

export interface Stage {
  readonly image: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** One COPY: from the build context or, where `from` is set, from an earlier stage. */
export interface Copy {
  readonly from: string | undefined
  readonly sources: readonly string[]
  readonly target: string
}

/** The stages of this repository's Dockerfile; the last one is the image. Reads what that file uses, not all there is. */
export function readDockerfile(text = readFileSync(join(repository, 'Dockerfile'), 'utf8')): Stage[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, keyword = '', rest = ''] = /^([A-Z]+) (.*[^\\\s])$/.exec(line) ?? fail(line)
    const from = /^(\S+)(?: AS (\S+))?$/.exec(rest)
    if (keyword === 'FROM' && from !== null) stages.push({ image: from[1] ?? '', name: from[2], instructions: [] })
    else (stages.at(-1) ?? fail(line)).instructions.push({ keyword, rest })
  }
  return stages
}

export function imageStage(stages = readDockerfile()): Stage {
  return stages.at(-1) ?? fail('')
}

export function copiesOf({ instructions }: Stage): Copy[] {
  return valuesOf(instructions, 'COPY').map((rest) => {
    const words = rest.split(/\s+/)
    const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined
    return { from, target: words.pop() ?? fail(rest), sources: words }
  })
}

/** The words of an instruction in exec form, such as `CMD ["run"]`; HEALTHCHECK's options are passed over. */
export function commandOf({ instructions }: Stage, keyword: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'): string[] {
  const [rest = ''] = valuesOf(instructions, keyword)
  return JSON.parse(/\[.*\]$/.exec(rest)?.[0] ?? fail(`${keyword} ${rest}`)) as string[]
}

/** The last WORKDIR, USER and such. */
export function settingOf({ instructions }: Stage, keyword: string): string {
  return valuesOf(instructions, keyword).at(-1) ?? fail(keyword)
}

export function environmentOf({ instructions }: Stage): Record<string, string> {
  return Object.fromEntries(valuesOf(instructions, 'ENV').map((rest) => rest.split('=', 2) as [string, string]))
}

function valuesOf(instructions: readonly Instruction[], keyword: string): string[] {
  return instructions.flatMap((instruction) => (instruction.keyword === keyword ? [instruction.rest] : []))
}

function fail(line: string): never {
  throw new Error(`Cannot read the Dockerfile: ${JSON.stringify(line)}`)
}
