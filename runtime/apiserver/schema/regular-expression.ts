/** Patterns met so far; a schema's few are asked for again with every object. The bound drops all. */
const known = new Map<string, RegExp>()
const MAX_KNOWN = 1000

/**
 * A pattern in Go's syntax (RE2) as a JavaScript expression. What only RE2 has is rewritten (`(?i)` in front, `(?P<name>`,
 * `\A`, `\z`, POSIX classes, `\Q…\E`); what RE2 refuses (lookaround, backreferences) is refused.
 * errors: SyntaxError
 * differs: RE2 takes linear time, this does not; so what uses it is bounded (bounded-evaluation.ts)
 */
export function compileRegularExpression(pattern: string): RegExp {
  const found = known.get(pattern)
  if (found !== undefined) return found
  const compiled = translate(pattern)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(pattern, compiled)
  return compiled
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

function translate(pattern: string): RegExp {
  const flags = /^\(\?([imsU]+)\)/.exec(pattern)
  let source = flags === null ? pattern : pattern.slice(flags[0].length)
  const given = flags?.[1] ?? ''
  if (given.includes('U')) throw new SyntaxError('invalid or unsupported Perl syntax: `(?U`')
  if (/\(\?(?:=|!|<=|<!)/.test(source)) throw new SyntaxError('invalid or unsupported Perl syntax: `(?=`')
  if (/(?:^|[^\\])(?:\\\\)*\\[1-9]/.test(source)) throw new SyntaxError('invalid escape sequence')
  const repeat = [...source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].find(
    ([, from, to]) => Math.max(Number(from), Number(to ?? 0)) > 1000,
  )
  if (repeat !== undefined) throw new SyntaxError(`invalid repeat count: \`${repeat[0]}\``)
  source = source.replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_, text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  source = source
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
  source = source.replace(/\[:(\^?)(\w+):\]/g, (whole, not: string, name: string) =>
    not === '' ? (POSIX[name] ?? whole) : whole,
  )
  source = source.replace(/\\p([A-Z])/g, '\\p{$1}').replace(/\\P([A-Z])/g, '\\P{$1}')
  source = source.replace(/\\p\{(?!L|M|N|P|S|Z|C|Script)/g, '\\p{Script=')
  return build(source, given.replace(/[^ims]/g, ''))
}

/** With `u` as RE2 works on code points; without where only that refuses it (`\-`, `\_`: needless escapes). */
function build(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`)
  } catch {
    const unescaped = source.replace(/\\([^\w\s\\^$.*+?()[\]{}|/-])/g, '$1').replace(/\\-(?![^[]*\])/g, '-')
    try {
      return new RegExp(unescaped, `${flags}u`)
    } catch {
      return withGoMessage(source, flags)
    }
  }
}

/** Why it is none, in Go's words where they are known. */
function withGoMessage(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch (error) {
    const why = String(error)
    const words = GO_WORDS.find(([mark]) => why.includes(mark))?.[1]
    throw words === undefined ? error : new SyntaxError(`${words}: \`${source}\``)
  }
}

const GO_WORDS: readonly (readonly [string, string])[] = [
  ['Unterminated group', 'missing closing )'],
  ["Unmatched ')'", 'unexpected )'],
  ['Unterminated character class', 'missing closing ]'],
  ['Nothing to repeat', 'missing argument to repetition operator'],
]
