/** The API as the server's own controllers use it: the same path as any request, as SYSTEM_USER, without a socket. */
export interface InProcessClient {
  /** `contentType` defaults to application/json; answers also 4xx and 5xx. */
  request(method: string, pathAndQuery: string, body?: unknown, contentType?: string): Promise<InProcessAnswer>
}

export interface InProcessAnswer {
  readonly code: number
  readonly body: unknown
}
