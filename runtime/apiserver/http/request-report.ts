import { randomUUID } from 'node:crypto'
import type { User } from '../access/user.ts'
import { parseRequestTarget, type RequestInfo, readRequestInfo } from '../request-info.ts'
import type { Answer, StreamAnswer, StreamSink } from './answer.ts'
import type { PlainRequest } from './handle-request.ts'

/** What an audit log would say of a request. */
export interface RequestReport {
  /** A watch has two reports of one id: when it is open, and when it has ended; every other request the second one alone. */
  readonly stage: 'started' | 'complete'
  readonly id: string
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly userAgent: string | undefined
  readonly info: RequestInfo
  /** Whose credentials were shown; undefined: nobody's that are known. */
  readonly requester: User | undefined
  /** Whom the requester acted as; undefined where that is the requester, and where it was not allowed. */
  readonly impersonated: User | undefined
  /** HTTP status. */
  readonly code: number
  /** As far as it was read; undefined: it was not looked at. */
  readonly body: Buffer | undefined
  /** Undefined for a watch. */
  readonly answer: Answer | undefined
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  readonly at: number
}

type Handle = (request: PlainRequest) => Promise<Answer | StreamAnswer>

/** Answers by `handle`, and tells of it before the client can know. */
export async function withReports(
  request: PlainRequest,
  requesterOf: () => User,
  now: () => number,
  onRequest: (report: RequestReport) => void,
  handle: Handle,
): Promise<Answer | StreamAnswer> {
  const receivedAt = now()
  let body: Buffer | undefined
  let user: User | undefined
  const answer = await handle({
    ...request,
    readBody: async () => {
      body = await request.readBody()
      return body
    },
    authenticate: async () => {
      user = await request.authenticate()
      return user
    },
  })
  const { method, url } = request
  const { pathname, query } = parseRequestTarget(url)
  const requester = attempt(requesterOf)
  const facts = {
    ...{ id: randomUUID(), method, url, receivedAt, body, requester, code: answer.code },
    userAgent: request.headers['user-agent'],
    info: readRequestInfo(method, pathname, query),
    impersonated: isSame(user, requester) ? undefined : user,
  }
  const tell = (stage: RequestReport['stage'], told: Answer | undefined) =>
    onRequest({ ...facts, stage, answer: told, at: now() })
  if ('open' in answer) return told(answer, (stage) => tell(stage, undefined))
  tell('complete', answer)
  return answer
}

function told(answer: StreamAnswer, tell: (stage: RequestReport['stage']) => void): StreamAnswer {
  tell('started')
  return {
    ...answer,
    open(sink: StreamSink) {
      sink.onClose(() => tell('complete'))
      answer.open(sink)
    },
  }
}

function attempt(requesterOf: () => User): User | undefined {
  try {
    return requesterOf()
  } catch {
    return undefined
  }
}

function isSame(a: User | undefined, b: User | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
