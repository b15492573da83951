import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')

export function readDoc(path: string): string {
  return readFileSync(join(repository, path), 'utf8')
}

/** A section of a Markdown text: from its heading to the next one of the same or a higher level. */
export function sectionOf(text: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0
  const start = text.indexOf(`\n${heading}\n`)
  if (start === -1) throw new Error(`There is no section "${heading}"`)
  const rest = text.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end === -1 ? rest : rest.slice(0, end)
}

/** Everything between backticks, code blocks aside. */
export function codeIn(text: string): string[] {
  return [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, code]) => code as string)
}
