import { type Fault, formatFault } from '../errors.ts'
import { shownPath } from './shown-path.ts'

/** A fault as people see it, with the line in question where that may be shown. */
export function shownFault({ file, ...rest }: Fault): string {
  const line = formatFault({ ...rest, file: shownPath(file) })
  return rest.excerpt === undefined ? line : `${line}\n${rest.excerpt}`
}
