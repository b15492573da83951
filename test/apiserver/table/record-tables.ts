/**
 * Writes recorded-tables.json: objects as a real API server stored them, and the rows that it printed for them.
 * `KUBEBUILDER_ASSETS=… node test/apiserver/table/record-tables.ts`, with each new Kubernetes version.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import type { ApiObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { PRINTED_OBJECTS, type PrintedObject } from './objects.ts'

export interface RecordedRow {
  /** Of the collection. */
  readonly path: string
  readonly object: ApiObject
  /** The server's clock, to the second, when it counted ages. */
  readonly nowMs: number
  readonly cells: readonly JsonValue[]
  readonly conditions?: readonly JsonValue[]
}

const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })

async function ask(
  { url, token }: ControlPlane,
  method: string,
  path: string,
  body?: object,
  accept = 'application/json',
) {
  const headers = { authorization: `Bearer ${token}`, accept, 'content-type': contentType(method) }
  const init = { dispatcher, method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const response = await fetch(new URL(path, url), init)
  const answer = (await response.json()) as Record<string, unknown>
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
  return { answer, date: Date.parse(response.headers.get('date') as string) }
}

function contentType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

async function record(controlPlane: ControlPlane, { path, name, body, status }: PrintedObject): Promise<RecordedRow> {
  await ask(controlPlane, 'POST', path, body)
  if (status !== undefined) await ask(controlPlane, 'PATCH', `${path}/${name}/status`, { status })
  const { answer, date } = await ask(controlPlane, 'GET', `${path}/${name}?includeObject=Object`, undefined, TABLE)
  const [row] = answer.rows as [{ object: ApiObject; cells: JsonValue[]; conditions?: JsonValue[] }]
  const { object, cells, conditions } = row
  delete object.metadata.managedFields
  return { path, object, nowMs: date, cells, ...(conditions !== undefined && { conditions }) }
}

const controlPlane = await startControlPlane({
  server: 'real',
  flags: ['--disable-admission-plugins=ServiceAccount,Priority'],
})
try {
  const rows: RecordedRow[] = []
  for (const each of PRINTED_OBJECTS) rows.push(await record(controlPlane, each))
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n')
  writeFileSync(join(import.meta.dirname, 'recorded-tables.json'), `[\n${lines}\n]\n`)
  console.log(`${rows.length} rows`)
} finally {
  await controlPlane.stop()
}
