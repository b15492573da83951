const PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const

/**
 * Parses a URL for the sandbox, which has no parser.
 * text: JSON `[input, base | null, part | null, value | null]`; with `part`, that part is set to `value` first
 * answer: JSON of the parts, '' when the input is no URL
 */
export function urlParts(text: string): string {
  const [input, base, part, value] = JSON.parse(text) as (string | null)[]
  const url = URL.parse(input ?? '', base ?? undefined)
  if (url === null) return ''
  const settable = PARTS.find((name) => name === part && name !== 'origin')
  if (settable !== undefined) Object.assign(url, { [settable]: value ?? '' })
  return JSON.stringify(Object.fromEntries(PARTS.map((name) => [name, url[name]])))
}
