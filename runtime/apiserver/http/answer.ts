import { dump } from 'js-yaml'
import type { ApiError, Status } from '../status.ts'

/** A whole answer. */
export interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes where it is no text. */
  readonly body: string | Buffer
}

/** An answer that goes on until it is closed: `open` is given the sink when the headers have been sent. */
export interface StreamAnswer {
  readonly code: 200
  readonly headers: Readonly<Record<string, string>>
  open(sink: StreamSink): void
}

/** Where a stream's bytes go. */
export interface StreamSink {
  /** false: the client is behind; wait for onDrain. */
  write(chunk: string): boolean
  onDrain(listener: () => void): void
  onClose(listener: () => void): void
  /** Ends the stream in good order. */
  end(): void
  /** Cuts the connection. */
  destroy(): void
}

export const NO_CACHE = { 'cache-control': 'no-cache, private' }

/** `text`: JSON. */
export function jsonText(code: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { code, headers: { ...NO_CACHE, 'content-type': 'application/json', ...headers }, body: `${text}\n` }
}

export function statusAnswer(status: Status, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonText(status.code ?? 200, JSON.stringify(status), headers)
}

export function errorAnswer(error: ApiError): Answer {
  const { retryAfterSeconds } = error.status.details ?? {}
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return statusAnswer(error.status, { ...retry, ...error.headers })
}

/** Indented, as for people who ask by curl. */
export function pretty(answer: Answer): Answer {
  if (answer.headers['content-type'] !== 'application/json') return answer
  return { ...answer, body: `${JSON.stringify(JSON.parse(String(answer.body)), null, 2)}\n` }
}

export function asYaml(answer: Answer): Answer {
  const headers = { ...answer.headers, 'content-type': 'application/yaml' }
  return {
    ...answer,
    headers,
    body: dump(JSON.parse(String(answer.body)), {
      sortKeys: true,
      noRefs: true,
      lineWidth: -1,
      quoteStyle: 'double',
      seqNoIndent: true,
    }),
  }
}
