import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES, type ErrorCode } from '../../runtime/errors.ts'
import { repository } from './repository.ts'

/** The table of README.md: each code with the comment that stands above it. */
export function errorReference(): string {
  const source = readFileSync(join(repository, 'runtime/errors.ts'), 'utf8')
  const rows = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => {
    const comment = new RegExp(`/\\*\\* ([^*]*) \\*/\\s*${code}:`).exec(source)?.[1]
    if (comment === undefined) throw new Error(`runtime/errors.ts: ${code} has no comment of one line`)
    return `| \`${code}\` | ${ERROR_CODES[code] === 'user' ? 1 : 2} | ${comment} |`
  })
  return ['| code | exit | meaning |', '|---|---|---|', ...rows].join('\n')
}
