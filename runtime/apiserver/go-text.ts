import { isJsonObject, type JsonValue } from './json.ts'

/** A value that came of JSON, as Go's `%v` prints it: kube-apiserver's messages show values so. */
export function goText(value: JsonValue): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isJsonObject(value)) return String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, each]) => `${key}:${goText(each)}`).join(' ')}]`
}

const LETTERS: Readonly<Record<string, string>> = { '\u0007': '\\a', '\u000b': '\\v' }

/** A text as Go's `%q` prints it: what cannot be printed as the number that it is. */
export function goQuote(text: string): string {
  return JSON.stringify(text).replace(/\\u00(..)|(?! )[\p{C}\p{Z}]/gu, (found, byte: string | undefined) => {
    const character = byte === undefined ? found : String.fromCharCode(Number.parseInt(byte, 16))
    const code = character.codePointAt(0) as number
    if (LETTERS[character] !== undefined) return LETTERS[character]
    const number = code.toString(16)
    if (code < 0x80) return `\\x${number.padStart(2, '0')}`
    return code > 0xffff ? `\\U${number.padStart(8, '0')}` : `\\u${number.padStart(4, '0')}`
  })
}
