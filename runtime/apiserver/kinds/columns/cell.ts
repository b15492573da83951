import type { ApiObject, JsonValue } from '../../json.ts'

/** What stands in one column for one object; `nowMs` is what ages count to. */
export type Cell = (object: ApiObject, nowMs: number) => JsonValue

/** By column name. */
export type Cells = Readonly<Record<string, Cell>>
