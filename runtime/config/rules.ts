import type { Fault } from '../errors.ts'
import { formatDuration, parseDurationMs } from '../util/duration.ts'
import { sentence } from './check.ts'
import { groupFaults } from './group-rules.ts'
import { show } from './option.ts'
import { isResourceVerb, leaderElectionSchema, PATH_VERBS, retrySchema } from './schema.ts'
import { type Path, type Source, valueAt } from './source.ts'

/** `with` goes along with every call; more than this is data that belongs into a ConfigMap. */
const MAX_WITH_VALUES = 10_000

/** client-go's JitterFactor: a candidate waits that much longer than the period at most. */
const RETRY_JITTER = 1.2

const defaultMaxDelayMs = retrySchema.parse({}).maxDelay

/**
 * What the schema cannot say, as it concerns several options at once. It reads the file as it stands, so that these
 * faults are told beside the schema's and not after them.
 */
export function ruleFaults(source: Source): Fault[] {
  return [
    ...leaderElectionFaults(source),
    ...duplicateNames(source),
    ...groupFaults(source),
    ...controllersOf(source).flatMap((path) => [
      ...retryFaults(source, path),
      ...withFaults(source, [...path, 'with']),
      ...watchFaults(source, [...path, 'watches']),
      ...listAt(source, [...path, 'allow']).flatMap((entry) => allowFaults(source, entry)),
    ]),
  ]
}

/** The fault is shown at the key that is too large, where the file has it, else at the one that is too small. */
function leaderElectionFaults(source: Source): Fault[] {
  const standard = leaderElectionSchema.parse({})
  const timing = (key: 'leaseDuration' | 'renewDeadline' | 'retryPeriod'): Timing => {
    const path = ['leaderElection', key]
    const text = valueAt(source.value, path)
    const given = typeof text === 'string' ? parseDurationMs(text) : undefined
    return { key, path, isGiven: text !== undefined, ms: text === undefined ? standard[key] : given }
  }
  const renewDeadline = timing('renewDeadline')
  return [
    ...above(source, timing('leaseDuration'), renewDeadline, 1),
    ...above(source, renewDeadline, timing('retryPeriod'), RETRY_JITTER),
  ]
}

interface Timing {
  readonly key: string
  readonly path: Path
  readonly isGiven: boolean
  /** Undefined for what is no duration, which is the schema's to say. */
  readonly ms: number | undefined
}

function above(source: Source, upper: Timing, lower: Timing, factor: number): Fault[] {
  if (upper.ms === undefined || lower.ms === undefined || upper.ms > lower.ms * factor) return []
  const { path } = lower.isGiven ? lower : upper
  const times = factor === 1 ? '' : `${factor} times `
  const values = `${formatDuration(upper.ms)} and ${formatDuration(lower.ms)}`
  return [source.fault(path, sentence(path, `leaves ${upper.key} not above ${times}${lower.key} (${values})`))]
}

function controllersOf(source: Source): Path[] {
  return listAt(source, ['controllers'])
}

function listAt(source: Source, path: Path): Path[] {
  const list = valueAt(source.value, path)
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : []
}

function duplicateNames(source: Source): Fault[] {
  const first = new Map<unknown, Path>()
  return controllersOf(source).flatMap((controller) => {
    const path = [...controller, 'name']
    const name = valueAt(source.value, path)
    const earlier = first.get(name)
    if (typeof name !== 'string') return []
    if (earlier === undefined) {
      first.set(name, path)
      return []
    }
    return [source.fault(path, sentence(path, `is ${show(name)} again; first on line ${source.placeOf(earlier).line}`))]
  })
}

/** One mapper may serve several kinds, and one kind have several mappers; the same pair again is a mistake. */
function watchFaults(source: Source, path: Path): Fault[] {
  const seen = new Set<string>()
  return listAt(source, path).flatMap((entry) => {
    const pair = ['for', 'map'].map((key) => valueAt(source.value, [...entry, key]))
    const id = JSON.stringify(pair)
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    return [source.fault(entry, sentence(entry, `maps ${show(pair[0])} by ${show(pair[1])} again`))]
  })
}

/** Either delay may come from `defaults`; the fault is shown where the controller has its part, else there. */
function retryFaults(source: Source, controller: Path): Fault[] {
  const [base, max] = ['baseDelay', 'maxDelay'].map((key) => {
    const paths = [
      [...controller, 'retry', key],
      ['defaults', 'retry', key],
    ]
    const path = paths.find((candidate) => valueAt(source.value, candidate) !== undefined)
    const text = path === undefined ? undefined : valueAt(source.value, path)
    return { path, text, ms: typeof text === 'string' ? parseDurationMs(text) : undefined }
  })
  const path = max?.path ?? base?.path
  const maxMs = max?.path === undefined ? defaultMaxDelayMs : max.ms
  if (path === undefined || base?.ms === undefined || maxMs === undefined || base.ms <= maxMs) return []
  return [source.fault(path, sentence(path, `puts maxDelay below baseDelay, which is ${show(base.text)}`))]
}

/** A config may come with NaN and infinities, which JSON has not, and by anchors with more than it seems, or endless. */
function withFaults(source: Source, path: Path): Fault[] {
  let count = 0
  return walk(valueAt(source.value, path), path)

  function walk(value: unknown, at: Path): Fault[] {
    if (++count === MAX_WITH_VALUES)
      return [source.fault(path, sentence(path, `holds more than ${MAX_WITH_VALUES} values`))]
    if (count > MAX_WITH_VALUES) return []
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return [source.fault(at, sentence(at, `is ${value}, which JSON cannot carry`))]
    }
    if (typeof value !== 'object' || value === null) return []
    const steps = Array.isArray(value) ? value.keys() : Object.keys(value)
    const faults: Fault[] = []
    for (const step of steps) {
      if (count > MAX_WITH_VALUES) break
      faults.push(...walk(valueAt(value, [step]), [...at, step]))
    }
    return faults
  }
}

function allowFaults(source: Source, path: Path): Fault[] {
  const entry = valueAt(source.value, path)
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return []
  if ('for' in entry && 'path' in entry) return [at('path', 'and "for" exclude each other; make it two entries')]
  if (!('for' in entry) && !('path' in entry)) {
    return [
      source.fault(path, sentence(path, 'must have "for" (a kind) or "path" (a path that belongs to no resource)')),
    ]
  }
  if ('for' in entry) return verbFaults(source, path, { fits: isResourceVerb, goesWith: 'path' })
  const foreign = ['subresources', 'namespaces', 'names'].filter((key) => key in entry)
  return [
    ...foreign.map((key) => at(key, 'goes with "for", not with "path"')),
    ...verbFaults(source, path, { fits: isPathVerb, goesWith: 'for' }),
  ]

  function at(key: string, predicate: string): Fault {
    return source.fault([...path, key], sentence([...path, key], predicate), { key: true })
  }
}

function verbFaults(source: Source, path: Path, rule: { fits: (verb: string) => boolean; goesWith: string }): Fault[] {
  return listAt(source, [...path, 'verbs']).flatMap((verbPath) => {
    const verb = valueAt(source.value, verbPath)
    // What is no verb at all is the schema's to say.
    if (typeof verb !== 'string' || rule.fits(verb) || !(isResourceVerb(verb) || isPathVerb(verb))) return []
    return [source.fault(verbPath, sentence(verbPath, `is ${show(verb)}, which goes with "${rule.goesWith}" only`))]
  })
}

function isPathVerb(verb: string): boolean {
  return (PATH_VERBS as readonly string[]).includes(verb)
}
