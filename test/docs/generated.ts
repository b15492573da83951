import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchReference } from './bench-reference.ts'
import { configReference } from './config-reference.ts'
import { errorReference } from './error-reference.ts'
import { layerReference } from './layer-reference.ts'
import { metricReference } from './metric-reference.ts'
import { neverReference } from './never-reference.ts'
import { repository } from './repository.ts'

interface Part {
  readonly file: string
  /** `NAME` of `<!-- generated: NAME -->`. */
  readonly name: string
  readonly make: () => string | Promise<string>
}

/** What stands between markers in the docs, and what makes it. */
const PARTS: readonly Part[] = [
  { file: 'README.md', name: 'config', make: configReference },
  { file: 'README.md', name: 'errors', make: errorReference },
  { file: 'README.md', name: 'metrics', make: metricReference },
  { file: 'runtime/README.md', name: 'layers', make: layerReference },
  { file: 'runtime/README.md', name: 'never', make: neverReference },
  { file: 'runtime/README.md', name: 'bench', make: benchReference },
]

export const GENERATED_FILES = [...new Set(PARTS.map(({ file }) => file))]

/** The text of a file with every generated part made anew; throws where a marker is missing. */
export async function regenerate(file: string): Promise<string> {
  let text = readFileSync(join(repository, file), 'utf8')
  for (const part of PARTS) if (part.file === file) text = replacePart(text, part, await part.make())
  return text
}

function replacePart(text: string, { file, name }: Part, content: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${file}: the markers of "${name}" are missing`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}
