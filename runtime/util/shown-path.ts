import { isAbsolute, relative, sep } from 'node:path'

/** A path as people see it: relative to the working directory when inside it, else as it is. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short === '..' || short.startsWith(`..${sep}`) || isAbsolute(short) ? path : short
}
