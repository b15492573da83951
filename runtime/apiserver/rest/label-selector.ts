import { labelValue, type NameRule, qualifiedName } from '../kinds/strategies/names.ts'
import { badRequest } from '../status.ts'

export type LabelMatcher = (labels: Readonly<Record<string, string>>) => boolean

const OPERATORS = new Set(['=', '==', '!=', 'in', 'notin', '<', '>'])
const SYMBOLS = new Set(['!', '(', ')', ',', '=', '<', '>'])

/**
 * Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`; undefined: everything.
 * errors: ApiError 400 with the words of apimachinery's parser (pkg/labels/selector.go)
 */
export function parseLabelSelector(text: string): LabelMatcher | undefined {
  const tokens = scan(text)
  let at = 0
  const requirements: LabelMatcher[] = []
  if (tokens.length === 0) return undefined
  for (;;) {
    const token = tokens[at]
    if (token !== undefined && token !== '!' && !isIdentifier(token))
      throw badRequest(`found '${token}', expected: !, identifier, or 'end of string'`)
    requirements.push(requirement())
    const next = tokens[at]
    if (next === undefined) return (labels) => requirements.every((matches) => matches(labels))
    if (next !== ',') throw badRequest(`found '${next}', expected: ',' or 'end of string'`)
    at++
    const following = tokens[at]
    if (following !== '!' && (following === undefined || !isIdentifier(following)))
      throw badRequest(`found '${following ?? ''}', expected: identifier after ','`)
  }

  function requirement(): LabelMatcher {
    const isNegated = tokens[at] === '!'
    if (isNegated) at++
    const key = tokens[at++] ?? ''
    if (!isIdentifier(key)) throw unparsable(`found '${key}', expected: identifier`)
    check(key, qualifiedName)
    const operator = tokens[at]
    if (isNegated) {
      if (operator !== undefined && operator !== ',')
        throw badRequest(`found '${operator}', expected: ',' or 'end of string'`)
      return (labels) => !Object.hasOwn(labels, key)
    }
    if (operator === undefined || operator === ',') return (labels) => Object.hasOwn(labels, key)
    if (!OPERATORS.has(operator)) throw unparsable(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
    at++
    return operation(key, operator)
  }

  function operation(key: string, operator: string): LabelMatcher {
    const values = operator === 'in' || operator === 'notin' ? valueSet() : [exactValue()]
    if (operator === '<' || operator === '>') return comparison(key, operator, values[0] as string)
    for (const value of values) check(value, labelValue, `values[0][${key}]`)
    const isIn = (labels: Readonly<Record<string, string>>) =>
      Object.hasOwn(labels, key) && values.includes(labels[key] as string)
    return operator === '!=' || operator === 'notin' ? (labels) => !isIn(labels) : isIn
  }

  function exactValue(): string {
    const value = tokens[at]
    if (value === undefined || value === ',') return ''
    if (!isIdentifier(value)) throw unparsable(`found '${value}', expected: identifier`)
    at++
    return value
  }

  function valueSet(): string[] {
    if (tokens[at] !== '(') throw unparsable(`found '${tokens[at] ?? ''}' expected: '('`)
    at++
    const values: string[] = []
    let last = '('
    for (;;) {
      const token = tokens[at++]
      if (token === ')') {
        if (last === ',' || last === '(') values.push('')
        return values
      }
      if (token === ',') {
        if (last === ',' || last === '(') values.push('')
      } else if (token !== undefined && isIdentifier(token) && (last === ',' || last === '(')) values.push(token)
      else throw unparsable(`found '${token ?? ''}', expected: ',' or ')'`)
      last = token
    }
  }
}

function comparison(key: string, operator: '<' | '>', bound: string): LabelMatcher {
  if (!/^[-+]?\d+$/.test(bound))
    throw unparsable(
      `values[0]: Invalid value: ${JSON.stringify(bound)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    )
  return (labels) => {
    const value = labels[key]
    if (value === undefined || !/^[-+]?\d+$/.test(value)) return false
    return operator === '<' ? BigInt(value) < BigInt(bound) : BigInt(value) > BigInt(bound)
  }
}

function check(value: string, rule: NameRule, field = '<nil>'): void {
  const [fault] = rule(value)
  if (fault !== undefined) throw unparsable(`${field}: Invalid value: ${JSON.stringify(value)}: ${fault}`)
}

function unparsable(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`)
}

function isIdentifier(token: string): boolean {
  return !SYMBOLS.has(token[0] as string)
}

/** `in` and `notin` come out as words: what they are depends on where they stand. */
function scan(text: string): string[] {
  return text.match(/==|!=|[!(),=<>]|[^\s!(),=<>]+/g) ?? []
}
