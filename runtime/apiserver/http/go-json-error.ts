/** Go's is 10,000; what is less deep than that, but deeper than this, is refused all the same when it is whole. */
const MAX_DEPTH = 1000

/**
 * What Go's decoder says of a text that JSON.parse refuses: clients see these words. Go goes by bytes, so that is what `text`
 * is made of, too.
 * source: Go encoding/json scanner.go
 */
export function describeJsonFault(body: string | Uint8Array): string {
  const text = Buffer.from(body as string).toString('latin1')
  let at = 0
  let depth = 0
  try {
    skipSpace()
    value()
    skipSpace()
    if (at < text.length) fail('after top-level value')
  } catch (error) {
    if (error instanceof JsonFault) return error.message
    throw error
  }
  return 'unexpected end of JSON input'

  function value(): void {
    const next = text[at]
    if (next === undefined) end()
    if (next === '{') return nested(object)
    if (next === '[') return nested(array)
    if (next === '"') return string()
    if (next === '-' || isDigit(next)) return number()
    for (const literal of ['true', 'false', 'null']) if (next === literal[0]) return word(literal)
    fail('looking for beginning of value')
  }

  function nested(read: () => void): void {
    if (++depth > MAX_DEPTH) throw new JsonFault('exceeded max depth')
    read()
    depth--
  }

  function object(): void {
    at++
    skipSpace()
    if (text[at] === '}') return void at++
    for (;;) {
      skipSpace()
      if (text[at] !== '"') fail('looking for beginning of object key string')
      string()
      skipSpace()
      if (text[at] !== ':') fail('after object key')
      at++
      skipSpace()
      value()
      skipSpace()
      if (text[at] === '}') return void at++
      if (text[at] !== ',') fail('after object key:value pair')
      at++
    }
  }

  function array(): void {
    at++
    skipSpace()
    if (text[at] === ']') return void at++
    for (;;) {
      skipSpace()
      value()
      skipSpace()
      if (text[at] === ']') return void at++
      if (text[at] !== ',') fail('after array element')
      at++
    }
  }

  function string(): void {
    for (at++; text[at] !== '"'; at++) {
      const character = text[at]
      if (character === undefined) end()
      if (character < ' ') fail('in string literal')
      if (character === '\\') escapeSequence()
    }
    at++
  }

  function escapeSequence(): void {
    at++
    if (text[at] === 'u') {
      for (let i = 0; i < 4; i++) {
        at++
        if (!/[0-9a-fA-F]/.test(text[at] ?? '')) fail('in \\u hexadecimal character escape')
      }
    } else if (!'bfnrt\\/"'.includes(text[at] ?? ' ')) fail('in string escape code')
  }

  function number(): void {
    if (text[at] === '-') at++
    if (!isDigit(text[at])) fail('in numeric literal')
    if (text[at] === '0') at++
    else digits()
    if (text[at] === '.') {
      at++
      if (!isDigit(text[at])) fail('after decimal point in numeric literal')
      digits()
    }
    if (text[at] !== 'e' && text[at] !== 'E') return
    at++
    if (text[at] === '+' || text[at] === '-') at++
    if (!isDigit(text[at])) fail('in exponent of numeric literal')
    digits()
  }

  function digits(): void {
    while (isDigit(text[at])) at++
  }

  function word(literal: string): void {
    for (const [i, expected] of [...literal].entries()) {
      if (text[at] !== expected && i > 0) fail(`in literal ${literal} (expecting '${expected}')`)
      at++
    }
  }

  function skipSpace(): void {
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\t' || text[at] === '\r') at++
  }

  function fail(where: string): never {
    if (at >= text.length) end()
    throw new JsonFault(`invalid character ${quoteCharacter(text[at] as string)} ${where}`)
  }

  function end(): never {
    throw new JsonFault('unexpected end of JSON input')
  }
}

class JsonFault extends Error {}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

const ESCAPES: Readonly<Record<string, string>> = {
  "'": `'\\''`,
  '"': `'"'`,
  '\n': `'\\n'`,
  '\t': `'\\t'`,
  '\r': `'\\r'`,
  '\\': `'\\\\'`,
}

/** As Go quotes a byte, which it takes for a character: those that cannot be printed by their number. */
function quoteCharacter(byte: string): string {
  const code = byte.charCodeAt(0)
  const hex = code.toString(16).padStart(2, '0')
  if (code < 0x20 || code === 0x7f) return ESCAPES[byte] ?? `'\\x${hex}'`
  const isPrinted = code < 0x7f || (code > 0xa0 && code !== 0xad)
  return ESCAPES[byte] ?? (isPrinted ? `'${byte}'` : `'\\u00${hex}'`)
}
