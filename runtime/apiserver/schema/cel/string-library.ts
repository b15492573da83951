import { compileRegularExpression } from '../regular-expression.ts'
import { formatText } from './format-text.ts'
import { type Library, RuleError } from './library.ts'

/** Stands for `matches` in expressions that are parsed: see compiled-rule.ts. */
export const MATCHES = 'matchesInGo'

/** cel-go's ext.Strings, version 2, and Kubernetes' find and findAll, beside what the evaluator has. */
export const stringLibrary: Library = (environment) => {
  environment
    .registerFunction(`string.${MATCHES}(string): bool`, matches)
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => charAt([...text], at))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.format(list): string', formatText)
    .registerFunction('string.find(string): string', (text: string, pattern: string) => find(text, pattern, 1)[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      find(text, pattern, -1),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      find(text, pattern, Number(limit)),
    )
    .registerFunction('StringsNamespace.quote(string): string', (_: unknown, text: string) => JSON.stringify(text))
}

function matches(text: string, pattern: string): boolean {
  try {
    return compileRegularExpression(pattern).test(text)
  } catch (error) {
    throw new RuleError(`error parsing regexp: ${(error as Error).message}`)
  }
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
