import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { compileRegularExpression } from '../regular-expression.ts'
import { type Library, RuleError } from './library.ts'

/** cel-go's ext.Strings, version 2, and Kubernetes' find and findAll, beside what the evaluator has. */
export const stringLibrary: Library = (environment) => {
  environment
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => charAt([...text], at))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.format(list): string', (text: string, values: unknown[]) => format(text, values))
    .registerFunction('string.find(string): string', (text: string, pattern: string) => find(text, pattern, 1)[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      find(text, pattern, -1),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      find(text, pattern, Number(limit)),
    )
    .registerFunction('StringsNamespace.quote(string): string', (_: unknown, text: string) => JSON.stringify(text))
}

function charAt(characters: readonly string[], at: bigint): string {
  if (at < 0n || at > BigInt(characters.length)) throw new RuleError(`index out of range: ${at}`)
  return characters[Number(at)] ?? ''
}

function replaceSome(text: string, from: string, to: string, times: bigint): string {
  if (times < 0n) return text.replaceAll(from, () => to)
  let left = Number(times)
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found))
}

/** Go's FindAllString: up to `limit` matches, all of them when it is negative. */
function find(text: string, pattern: string, limit: number): string[] {
  const expression = compileRegularExpression(pattern)
  const found: string[] = []
  const all = new RegExp(expression.source, `${expression.flags}g`)
  for (const match of text.matchAll(all)) {
    if (limit >= 0 && found.length >= limit) break
    found.push(match[0])
  }
  return found
}

/** `%s %d %f %e %b %o %x %X`, with `.N` before f and e. */
function format(text: string, values: readonly unknown[]): string {
  let next = 0
  return text.replace(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (whole, precision: string | undefined, verb: string | undefined) => {
      if (whole === '%%') return '%'
      if (next >= values.length) throw new RuleError(`index ${next} out of range`)
      return formatOne(values[next++], verb ?? '', precision)
    },
  )
}

function formatOne(value: unknown, verb: string, precision: string | undefined): string {
  const digits = precision === undefined ? 6 : Number(precision)
  switch (verb) {
    case 's':
      return formatValue(value)
    case 'd':
      if (typeof value === 'bigint' || value instanceof UnsignedInt) return String(value.valueOf())
      if (typeof value === 'number') return formatValue(value)
      break
    case 'f':
      if (isNumeric(value)) return Number(value).toFixed(digits)
      break
    case 'e':
      if (isNumeric(value))
        return Number(value)
          .toExponential(digits)
          .replace(/e([+-])(\d)$/, 'e$10$2')
      break
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0'
      if (typeof value === 'bigint') return value.toString(2)
      break
    case 'o':
      if (typeof value === 'bigint') return value.toString(8)
      break
    case 'x':
    case 'X': {
      const hexadecimal = inHexadecimal(value)
      if (hexadecimal !== undefined) return verb === 'x' ? hexadecimal : hexadecimal.toUpperCase()
      break
    }
    default:
      throw new RuleError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
  }
  throw new RuleError(`error during formatting: verb "${verb}" cannot be used with this type`)
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

function inHexadecimal(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString(16)
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex')
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : undefined
}

/** As `%s` writes values: strings bare, lists and maps as in CEL. */
function formatValue(value: unknown): string {
  if (value === null) return 'null'
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value instanceof Duration) return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value)) return `[${value.map(formatValue).join(', ')}]`
  if (value instanceof Map)
    return `{${[...value]
      .map(([key, each]) => `${formatValue(key)}: ${formatValue(each)}`)
      .sort()
      .join(', ')}}`
  return String(value)
}
