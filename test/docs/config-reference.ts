import { jsonSchemaText } from '../../runtime/config/json-schema.ts'

/** A node of the JSON Schema, as far as the reference reads it. */
interface Option {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Option>>
  readonly items?: Option
}

export interface ConfigKey {
  /** `controllers[].retry.baseDelay`, as the reference writes it. */
  readonly path: string
  readonly description: string
  readonly default: unknown
}

/** Every key of the config, in the schema's order. */
export function configKeys(): ConfigKey[] {
  const root = JSON.parse(jsonSchemaText()) as Option
  return keysIn(root, '')
}

/** The table of README.md; what stands under `defaults` is said once, with the controllers' own keys. */
export function configReference(): string {
  const rows = configKeys()
    .filter(({ path }) => !path.startsWith('defaults.'))
    .map(({ path, description, default: standard }) => `| \`${path}\` | ${showDefault(standard)} | ${description} |`)
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

function keysIn({ properties = {} }: Option, prefix: string): ConfigKey[] {
  return Object.entries(properties).flatMap(([name, option]) => {
    const isListOfMaps = option.items?.properties !== undefined
    const path = `${prefix}${name}${isListOfMaps ? '[]' : ''}`
    const own = { path, description: option.description ?? '', default: option.default }
    return [own, ...keysIn(isListOfMaps ? (option.items as Option) : option, `${path}.`)]
  })
}

/** An empty map or list as a default says no more than that the key may be left out. */
function showDefault(value: unknown): string {
  if (value === undefined || JSON.stringify(value) === '{}' || JSON.stringify(value) === '[]') return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}
