import { RuntimeError } from '../errors.ts'
import { messageOf } from './message-of.ts'
import { shownPath } from './shown-path.ts'

/** An error in one line, with the place of its first fault: what `messageOf` says, ` (file:line:column)`, and how many more. */
export function sayError(error: unknown): string {
  const [fault, ...more] = error instanceof RuntimeError ? error.faults : []
  if (fault === undefined) return messageOf(error)
  const place = `${shownPath(fault.file)}:${fault.line}:${fault.column}`
  return `${messageOf(error)} (${more.length === 0 ? place : `${place} and ${more.length} more`})`
}
