import { z } from 'zod'
import { DURATION_PATTERN, parseDurationMs } from '../util/duration.ts'
import { type Gvk, parseGvk } from '../util/gvk.ts'
import { parseQuantityBytes, QUANTITY_PATTERN } from '../util/quantity.ts'

/** What an option says about itself, for the JSON Schema and the docs. */
export interface Doc {
  readonly doc: string
  /** Why the default and the limits are what they are. */
  readonly why?: string
}

interface DurationOption extends Doc {
  readonly default: string
  readonly min: string
  readonly max: string
  /** True when `off` may be written; it reads as 0. */
  readonly off?: boolean
}

/** A text such as `1m30s`; reads as milliseconds. */
export function duration({ default: standard, min, max, off = false, ...about }: DurationOption) {
  const pattern = off ? `^off$|${DURATION_PATTERN}` : DURATION_PATTERN
  return z
    .string({ error: ({ input }) => bareNumber(input, ['duration', 's', '30s']) })
    .transform((text, context) => {
      if (off && text === 'off') return 0
      const ms = parseDurationMs(text)
      if (ms === undefined) return refuse(context, text, 'must be a duration, such as "500ms", "30s" or "1m30s"')
      return inRange(context, text, { value: ms, min, max, parse: parseDurationMs })
    })
    .meta({ description: describe({ ...about, range: `${min} to ${max}${off ? ', or off' : ''}` }), pattern })
    .prefault(standard)
}

interface SizeOption extends Doc {
  readonly default: string
  readonly min: string
  readonly max: string
}

/** A Kubernetes quantity such as `128Mi`; reads as bytes. */
export function size({ default: standard, min, max, ...about }: SizeOption) {
  return z
    .string({ error: ({ input }) => bareNumber(input, ['quantity', 'Mi', '128Mi']) })
    .transform((text, context) => {
      const bytes = parseQuantityBytes(text)
      if (bytes === undefined) return refuse(context, text, 'must be a Kubernetes quantity, such as "128Mi" or "1Gi"')
      return inRange(context, text, { value: bytes, min, max, parse: parseQuantityBytes })
    })
    .meta({ description: describe({ ...about, range: `${min} to ${max}` }), pattern: QUANTITY_PATTERN })
    .prefault(standard)
}

interface CountOption extends Doc {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** A whole number. */
export function count({ default: standard, min, max, ...about }: CountOption) {
  const error = ({ input }: { input: unknown }) => `must be a whole number from ${min} to ${max}, not ${show(input)}`
  return z
    .int({ error })
    .min(min, { error })
    .max(max, { error })
    .meta({ description: describe({ ...about, range: `${min} to ${max}` }) })
    .prefault(standard)
}

/** `group/version/Kind`, or `version/Kind` for the core group; reads as text and GVK. */
export function kind(about: Doc) {
  return z
    .string()
    .transform((text, context): { text: string; gvk: Gvk } => {
      const gvk = parseGvk(text)
      return gvk === undefined
        ? refuse(context, text, 'must be group/version/Kind, such as apps/v1/Deployment')
        : { text, gvk }
    })
    .meta({ description: describe(about), pattern: '^[^/*]+(?:/[^/*]+)?/[A-Z][A-Za-z0-9]*$' })
}

/** A name as RFC 1123 has labels. */
export function dnsLabel(about: Doc) {
  return matching(about, {
    pattern: '^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$',
    otherwise: 'must be a DNS label: at most 63 lower-case letters, digits and dashes, a letter or digit at both ends',
  })
}

/** A text of one form. */
export function matching(about: Doc, { pattern, otherwise }: { pattern: string; otherwise: string }) {
  const form = new RegExp(pattern)
  return checked(about, (text) => (form.test(text) ? undefined : `${otherwise}, not ${show(text)}`)).meta({
    description: describe(about),
    pattern,
  })
}

/** A text that `faultOf` finds nothing wrong with. */
export function checked(about: Doc, faultOf: (text: string) => string | undefined) {
  return z
    .string()
    .superRefine((text, context) => {
      const message = faultOf(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .meta({ description: describe(about) })
}

/** A list that names something at least once and nothing twice. */
export function uniqueList<Item extends z.ZodType<string>>(about: Doc, item: Item) {
  return z
    .array(item)
    .min(1, { error: 'must not be empty; leave it out instead' })
    .superRefine((items, context) => {
      for (const [index, text] of items.entries()) {
        if (items.indexOf(text) === index) continue
        context.addIssue({ code: 'custom', message: `names ${show(text)} again`, path: [index] })
      }
    })
    .meta({ description: describe(about), uniqueItems: true })
}

/** Kinds, none of them twice. */
export function uniqueKinds(about: Doc) {
  return z
    .array(kind({ doc: 'A kind, as group/version/Kind.' }))
    .superRefine((kinds, context) => {
      const texts = kinds.map(({ text }) => text)
      for (const [index, text] of texts.entries()) {
        if (texts.indexOf(text) === index) continue
        context.addIssue({ code: 'custom', message: `names ${show(text)} again`, path: [index] })
      }
    })
    .meta({ description: describe(about), uniqueItems: true })
}

/** The description that editors show. */
export function describe({ doc, range, why }: Doc & { range?: string }): string {
  return [doc, range === undefined ? undefined : `Range: ${range}.`, why].filter((part) => part !== undefined).join(' ')
}

/** A value as a message shows it: on one line, not long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function bareNumber(input: unknown, [what, unit, example]: readonly [string, string, string]): string | undefined {
  if (typeof input !== 'number') return undefined
  const examples = [...new Set([`"${input}${unit}"`, `"${example}"`])].join(' or ')
  return `is a bare number: write a ${what} with its unit, such as ${examples}`
}

function inRange(
  context: z.RefinementCtx,
  text: string,
  { value, min, max, parse }: { value: number; min: string; max: string; parse: (text: string) => number | undefined },
): number {
  if (value < (parse(min) ?? 0)) return refuse(context, text, `must be at least ${min}`)
  if (value > (parse(max) ?? Infinity)) return refuse(context, text, `must be at most ${max}`)
  return value
}

function refuse(context: z.RefinementCtx, text: string, message: string): never {
  context.addIssue({ code: 'custom', message: `${message}, not ${show(text)}` })
  return z.NEVER
}
