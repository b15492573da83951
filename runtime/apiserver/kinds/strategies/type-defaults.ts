import type { JsonObject } from '../../json.ts'

/** By Go type, as `core/v1.Probe`: fills in what was left out, wherever that type stands in an object. */
export type TypeDefaults = Readonly<Record<string, (value: JsonObject) => void>>
