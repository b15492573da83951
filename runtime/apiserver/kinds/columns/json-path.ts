import { type ApiObject, isJsonObject, type JsonValue } from '../../json.ts'

/** One step of a path: from the values that were found so far to the next ones. errors: JsonPathError */
type Step = (values: readonly JsonValue[]) => JsonValue[]

/** What a path cannot be, or cannot be applied to. */
class JsonPathError extends Error {
  override readonly name = 'JsonPathError'
}

/** A parsed path: the values that it finds, in order; none where a key is missing. errors: JsonPathError */
export type JsonPath = (value: JsonValue) => JsonValue[]

/**
 * kubectl's dialect of JSONPath, without templates around it: `.a.b[0]`, `['key']`, `[1:3]`, `[*]`, `..a`,
 * `[?(@.type=="Ready")]`, `[0,2]`.
 * errors: JsonPathError
 * source: client-go util/jsonpath/{parser,jsonpath}.go
 */
function parseJsonPath(text: string): JsonPath {
  const steps = new Parser(text).parse()
  return (value) => steps.reduce((values, step) => step(values), [value])
}

/** A path as definitions have it: one that cannot be read, or not be applied to the object, finds nothing, as it is the definition's fault. */
export function findByJsonPath(text: string): (object: ApiObject) => JsonValue[] {
  const find = unlessFaulty(() => parseJsonPath(text))
  return (object) => unlessFaulty(() => find?.(object as unknown as JsonValue)) ?? []
}

function unlessFaulty<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

const TERMINATORS = ' \t\r\n.,[]$@{}'

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Step[] {
    const steps: Step[] = []
    while (this.#at < this.#text.length) {
      const step = this.#next()
      if (step !== undefined) steps.push(step)
    }
    return steps
  }

  #next(): Step | undefined {
    const rest = this.#text.slice(this.#at)
    if (rest.startsWith('[?(')) return this.#filter()
    if (rest.startsWith('..')) return this.#recursive()
    const char = rest[0] as string
    switch (char) {
      case ' ':
      case '@':
      case '$':
        this.#at++
        return undefined
      case '[':
        return this.#brackets()
      case '.':
        return this.#field()
      case '"':
      case "'":
        return literal(this.#quoted(char))
    }
    return this.#word()
  }

  #field(): Step {
    this.#at++
    const name = this.#untilTerminator()
    return name === '*' ? wildcard : field(name.replaceAll('\\', ''))
  }

  #untilTerminator(): string {
    const start = this.#at
    while (this.#at < this.#text.length && !TERMINATORS.includes(this.#text[this.#at] as string)) {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    }
    return this.#text.slice(start, this.#at)
  }

  #recursive(): Step {
    this.#at += 2
    const name = /^\w/.test(this.#text.slice(this.#at)) ? this.#untilTerminator() : undefined
    return (values) => {
      const found = values.flatMap(descendants)
      return name === undefined ? found : field(name)(found)
    }
  }

  #quoted(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at + 1)
    if (end < 0) throw new JsonPathError('unterminated quoted string')
    const text = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return text
  }

  #word(): Step {
    const word = /^[+-]?[\w.]+/.exec(this.#text.slice(this.#at))?.[0]
    if (word === undefined) throw new JsonPathError(`unrecognized character in action: ${this.#text[this.#at]}`)
    this.#at += word.length
    if (word === 'true' || word === 'false') return literal(word === 'true')
    const number = Number(word)
    if (Number.isNaN(number)) throw new JsonPathError(`unrecognized identifier ${word}`)
    return literal(number)
  }

  #brackets(): Step {
    const end = this.#text.indexOf(']', this.#at)
    if (end < 0) throw new JsonPathError('unterminated array')
    const inside = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    const steps = inside.split(',').map((part) => bracketStep(part.trim()))
    if (steps.length === 1) return steps[0] as Step
    return (values) => steps.flatMap((step) => step(values))
  }

  #filter(): Step {
    const start = this.#at + 3
    const end = filterEnd(this.#text, start)
    this.#at = end + 2
    const text = this.#text.slice(start, end)
    const compared = /^([^!<>=]+)([!<>=]+)(.+)$/s.exec(text)
    if (compared === null) {
      const path = parseJsonPath(text)
      return filter((item) => path(item).length > 0)
    }
    const [, left = '', operator = '', right = ''] = compared
    return filter(comparison(parseJsonPath(left.trimEnd()), operator, parseJsonPath(right.trim())))
  }
}

/** Where the filter's `)` stands: not one inside quotes. */
function filterEnd(text: string, start: number): number {
  let quote: string | undefined
  for (let at = start; at < text.length; at++) {
    const char = text[at] as string
    if (quote !== undefined) {
      if (char === quote && text[at - 1] !== '\\') quote = undefined
    } else if (char === '"' || char === "'") quote = char
    else if (char === ')') {
      if (text[at + 1] !== ']') throw new JsonPathError('unclosed array expect ]')
      return at
    }
  }
  throw new JsonPathError('unterminated filter')
}

function literal(value: JsonValue): Step {
  return (values) => values.map(() => value)
}

function field(name: string): Step {
  return (values) =>
    values.flatMap((value) => (isJsonObject(value) && Object.hasOwn(value, name) ? [value[name] as JsonValue] : []))
}

const wildcard: Step = (values) =>
  values.flatMap((value) => (Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : []))

/** The value itself if it holds others, then those in it likewise. */
function descendants(value: JsonValue): JsonValue[] {
  const inside = wildcard([value])
  return inside.length === 0 ? [] : [value, ...inside.flatMap(descendants)]
}

function bracketStep(text: string): Step {
  const key = /^'([^']*)'$/.exec(text)?.[1]
  // As kubectl has it: a dot inside the quotes divides fields too, unless it is escaped.
  if (key !== undefined) return (values) => values.flatMap(parseJsonPath(`.${key}`))
  const parts = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text === '*' ? ':' : text)
  if (parts === null || text === '') throw new JsonPathError(`invalid array index ${text}`)
  const [from, to, step] = parts.slice(1).map((part) => part?.replace(':', ''))
  if (parts[2] === undefined) return slice(Number(from), undefined, 1, true)
  return slice(from ? Number(from) : 0, to ? Number(to) : undefined, step ? Number(step) : 1, false)
}

function slice(from: number, to: number | undefined, step: number, isIndex: boolean): Step {
  return (values) => values.flatMap((value) => (value === null ? [] : sliceOf(value, from, to, step, isIndex)))
}

function sliceOf(value: JsonValue, from: number, to: number | undefined, step: number, isIndex: boolean): JsonValue[] {
  if (!Array.isArray(value)) throw new JsonPathError('not an array')
  const start = from < 0 ? from + value.length : from
  const end = isIndex ? start + 1 : to === undefined ? value.length : to < 0 ? to + value.length : to
  if (start === end) return []
  if (start < 0 || start >= value.length || end < 0 || end > value.length || start > end || step <= 0) {
    throw new JsonPathError(`array index out of bounds: index ${start}, length ${value.length}`)
  }
  return value.slice(start, end).filter((_each, i) => i % step === 0)
}

function filter(passes: (item: JsonValue) => boolean): Step {
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) throw new JsonPathError('not an array, and cannot be filtered')
      return value.filter(passes)
    })
}

function comparison(left: JsonPath, operator: string, right: JsonPath): (item: JsonValue) => boolean {
  return (item) => {
    const lefts = left(item)
    const rights = right(item)
    if (lefts.length === 0 || rights.length === 0) return false
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time')
    return compare(lefts[0] as JsonValue, operator, rights[0] as JsonValue)
  }
}

function compare(left: JsonValue, operator: string, right: JsonValue): boolean {
  const isOrdered = typeof left === typeof right && ['number', 'string'].includes(typeof left)
  if (typeof left !== typeof right) throw new JsonPathError('incompatible types for comparison')
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  if (!isOrdered) throw new JsonPathError('invalid type for comparison')
  const [a, b] = [left as string, right as string]
  switch (operator) {
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}
