import { globSync } from 'node:fs'
import { nameOf } from './guarantees.ts'

/** The name of the file of that number, in this folder; throws unless there is exactly one. */
export function testFileOf(number: number): string {
  const [file, ...others] = globSync(`${nameOf(number)}-*.test.ts`, { cwd: import.meta.dirname })
  if (file !== undefined && others.length === 0) return file
  throw new Error(`There is not exactly one test file for ${nameOf(number)}: ${[file, ...others].join(', ')}`)
}
