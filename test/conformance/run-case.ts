import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { type Case, type Condition, nameOf, type Step } from './case.ts'
import type { Json } from './json.ts'
import { type Answer, at, maskAnswers } from './mask.ts'

/** A server under question. */
export interface Target {
  readonly url: string
  /** How long a step waits for its condition; what is left of the case is then not asked. */
  readonly patienceMs: number
  /** Bearer token; undefined for user `none`. */
  tokenOf(user: string): string | undefined
  stop(): Promise<void>
}

export interface Webhooks {
  readonly url: string
  /** Base64 of the PEM. */
  readonly ca: string
}

export interface RawAnswer {
  readonly step: Step
  readonly status: number
  readonly contentType: string | undefined
  readonly warnings: readonly string[]
  readonly body?: Json
  readonly events?: readonly Json[]
}

const WATCH_MS = 6_000
/** Both servers are loopback's, with certificates of their own making. */
const agent = new Agent({
  allowH2: false,
  connections: 64,
  connect: { rejectUnauthorized: false },
  headersTimeout: 40_000,
})

/** Asks one case in places of its own and masks the answers. */
export async function runCase(target: Target, asked: Case, webhooks: Webhooks): Promise<Answer[]> {
  const id = `c${createHash('sha256').update(nameOf(asked)).digest('hex').slice(0, 9)}`
  const raw: RawAnswer[] = []
  const fill = (value: string) => fillPlaceholders(value, { ns: id, id, webhook: webhooks.url, ca: webhooks.ca }, raw)
  if (JSON.stringify(asked.steps).includes('{ns}')) await makeNamespace(target, id)
  for (const step of asked.steps) {
    const answer = await perform(target, JSON.parse(fill(JSON.stringify(step))) as Step)
    raw.push(answer)
    if (answer.step.until !== undefined && !holds(answer, answer.step.until)) break
  }
  return JSON.parse(
    JSON.stringify(maskAnswers(raw)).replaceAll(id, '{id}').replaceAll(webhooks.url, '{webhook}'),
  ) as Answer[]
}

async function makeNamespace(target: Target, name: string): Promise<void> {
  await send(target, { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } })
  const path = `/api/v1/namespaces/${name}/serviceaccounts`
  // Where a controller was faster the answer is 409, just as good.
  await send(target, { method: 'POST', path, body: { metadata: { name: 'default' } } })
}

/** In JSON text: a placeholder stands within a string, and what it stands for is escaped for that. */
function fillPlaceholders(text: string, known: Readonly<Record<string, string>>, raw: readonly RawAnswer[]): string {
  const filled = text.replace(/\{(ns|id|webhook|ca)\}/g, (_, name: string) => known[name] as string)
  return filled.replace(/\{(\d+)\.([\w./-]+)\}/g, (all, step: string, path: string) => {
    const found = at(raw[Number(step)]?.body, path.split('.'))
    return found === undefined ? all : JSON.stringify(String(found)).slice(1, -1)
  })
}

async function perform(target: Target, filled: Step): Promise<RawAnswer> {
  const deadline = Date.now() + target.patienceMs
  for (;;) {
    const answer = { ...(await send(target, filled)), step: filled }
    if (filled.until === undefined || holds(answer, filled.until) || Date.now() > deadline) return answer
    await sleep(40)
  }
}

function holds(answer: Omit<RawAnswer, 'step'>, { status, at: path, is }: Condition): boolean {
  if (status !== undefined && answer.status !== status) return false
  return (
    path === undefined ||
    JSON.stringify(at(answer.body, path.split(path.includes('/') ? '/' : '.'))) === JSON.stringify(is)
  )
}

async function send(target: Target, step: Step): Promise<Omit<RawAnswer, 'step'>> {
  const { method, path, body, headers = {}, user = 'admin', events } = step
  const token = tokenOf(target, user)
  const response = await request(`${target.url}${path}`, {
    method: method as 'GET',
    dispatcher: agent,
    headers: {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const warning = response.headers.warning
  const head = {
    status: response.statusCode,
    contentType: response.headers['content-type']?.toString(),
    warnings: splitWarnings([warning ?? []].flat().join(', ')),
  }
  if (events !== undefined && head.status === 200) return { ...head, events: await readEvents(response.body, events) }
  return { ...head, body: parse(await response.body.text()) }
}

function tokenOf(target: Target, user: string): string | undefined {
  return user === 'none' ? undefined : target.tokenOf(user)
}

/** So many lines of the stream, or those until it ends or for 6 seconds nothing comes. */
async function readEvents(stream: AsyncIterable<Uint8Array> & { destroy(): unknown }, count: number): Promise<Json[]> {
  const timer = setTimeout(() => stream.destroy(), WATCH_MS)
  const decoder = new TextDecoder()
  const events: Json[] = []
  let rest = ''
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() as string
      events.push(...lines.filter((line) => line !== '').map(parse))
      if (events.length >= count) break
    }
  } catch (error) {
    if (events.length >= count || !(error instanceof Error)) throw error
    events.push({ type: 'NOTHING MORE', object: null })
  } finally {
    clearTimeout(timer)
  }
  return events
}

/** Several header lines, or one with commas, mean the same. */
function splitWarnings(header: string): string[] {
  return header.match(/\d{3} \S+ "(?:[^"\\]|\\.)*"/g) ?? []
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
