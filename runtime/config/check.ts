import { z } from 'zod'
import type { Fault } from '../errors.ts'
import { nearest } from './nearest.ts'
import { show } from './option.ts'
import { configSchema } from './schema.ts'
import type { Path, Source } from './source.ts'

/** Keys are listed when none is near, up to this many. */
const MAX_LISTED = 20

/** Everything in `source` that does not fit the schema, each with its place. */
export function schemaFaults(source: Source): Fault[] {
  const result = configSchema.safeParse(source.value, { error: predicateOf })
  return result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, source))
}

function faultsOf(issue: z.core.$ZodIssue, source: Source): Fault[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  if (issue.code !== 'unrecognized_keys') return [source.fault(path, sentence(path, issue.message))]
  const predicates = issue.message.split('\n')
  return issue.keys.map((key, index) => {
    const keyPath = [...path, key]
    return source.fault(keyPath, sentence(keyPath, predicates[index] ?? 'is no known key'), { key: true })
  })
}

/** `controllers[0].timeout must be …`; messages in the schema are predicates, so that they need not know their path. */
export function sentence(path: Path, predicate: string): string {
  if (path.length === 0) return `The config ${predicate}`
  const steps = path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
  return `${steps.join('')} ${predicate}`
}

/** For issues of which the schema itself says nothing. Of several unknown keys: one line for each. */
function predicateOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, knownKeys(issue.inst))).join('\n')
  if (issue.code === 'invalid_value') return invalidValue(issue.input, issue.values)
  if (issue.code === 'invalid_type') return invalidType(issue.input, issue.expected)
  return undefined
}

function knownKeys(schema: unknown): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  return near === undefined
    ? `is no known key; known are ${known.slice(0, MAX_LISTED).join(', ')}`
    : `is no known key; did you mean "${near}"?`
}

function invalidValue(input: unknown, values: readonly unknown[]): string {
  if (input === undefined) return values.length === 1 ? `is missing; write ${values[0]}` : 'is missing'
  const texts = values.map(String)
  const near = typeof input === 'string' ? nearest(input, texts) : undefined
  const hint = near === undefined || texts.length === 1 ? '' : `; did you mean "${near}"?`
  return `must be ${texts.length === 1 ? '' : 'one of '}${texts.join(', ')}, not ${show(input)}${hint}`
}

const ARTICLE: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'a mapping',
  array: 'a list',
  number: 'a number',
  int: 'a whole number',
}

function invalidType(input: unknown, expected: string): string {
  const wanted = ARTICLE[expected] ?? expected
  if (input === undefined) return 'is missing'
  if (input === null) return `is empty; it must be ${wanted}`
  return `must be ${wanted}, not ${Array.isArray(input) ? 'a list' : typeof input === 'object' ? 'a mapping' : show(input)}`
}
