import { isDeepStrictEqual } from 'node:util'
import type { Config, ControllerConfig } from './schema.ts'

/** What became of one controller, and by which of the swap rules it changes. */
export type ControllerChange =
  | { readonly kind: 'added'; readonly next: ControllerConfig }
  | { readonly kind: 'removed'; readonly old: ControllerConfig }
  | { readonly kind: 'unchanged'; readonly old: ControllerConfig; readonly next: ControllerConfig }
  | {
      readonly kind: 'changed'
      readonly old: ControllerConfig
      readonly next: ControllerConfig
      /** A fresh guest takes over: handler, with, allow, timeout, memory, isolation. */
      readonly guest: boolean
      /** Applied as it runs: concurrency, retry, resync. */
      readonly inPlace: boolean
      /** What is watched or let through, and as whom: for, namespaces, selectors, on, as. */
      readonly subscription: boolean
      /** What is watched beside that: owns, watches. The controller keeps its queue and its guest. */
      readonly secondary: boolean
    }

const GUEST = ['handler', 'with', 'allow', 'timeoutMs', 'memoryBytes', 'isolation'] as const
const IN_PLACE = ['concurrency', 'retry', 'resyncMs'] as const
const SUBSCRIPTION = ['gvk', 'namespaces', 'labelSelector', 'fieldSelector', 'on', 'as'] as const
const SECONDARY = ['owns', 'watches'] as const

/** The fate of every controller in either config, by name; where an entry stands in its file does not count. */
export function diffConfig(old: Config, next: Config): ReadonlyMap<string, ControllerChange> {
  const before = byName(old)
  const after = byName(next)
  const changes = new Map<string, ControllerChange>()
  for (const [name, entry] of before) if (!after.has(name)) changes.set(name, { kind: 'removed', old: entry })
  for (const [name, entry] of after) changes.set(name, compare(before.get(name), entry))
  return changes
}

function compare(old: ControllerConfig | undefined, next: ControllerConfig): ControllerChange {
  if (old === undefined) return { kind: 'added', next }
  const guest = differs(old, next, GUEST)
  const inPlace = differs(old, next, IN_PLACE)
  const subscription = differs(old, next, SUBSCRIPTION)
  const secondary = differs(old, next, SECONDARY)
  if (!guest && !inPlace && !subscription && !secondary) return { kind: 'unchanged', old, next }
  return { kind: 'changed', old, next, guest, inPlace, subscription, secondary }
}

function differs(old: ControllerConfig, next: ControllerConfig, keys: readonly (keyof ControllerConfig)[]): boolean {
  return keys.some((key) => !isDeepStrictEqual(old[key], next[key]))
}

function byName({ controllers }: Config): Map<string, ControllerConfig> {
  return new Map(controllers.map((controller) => [controller.name, controller]))
}
