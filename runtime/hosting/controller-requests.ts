import type { KubeClient, KubeRequest } from '../kube/client.ts'
import { isForbidden } from '../kube/status-error.ts'
import { sayWrite } from './say-write.ts'

export interface ControllerRequestsOptions {
  readonly client: Pick<KubeClient, 'request'>
  /** The controller's name: its turn among others. */
  readonly user: string
  /** Undefined: the host's own identity. */
  readonly as: string | undefined
  /** Something was changed; `said` as sayWrite() puts it. */
  wrote(request: KubeRequest, said: string): void
  /** A request was refused that something depends on. */
  forbidden(): void
}

/** One controller's way to the API server: as its identity, in its turn, until it is cut. */
export class ControllerRequests {
  readonly #options: ControllerRequestsOptions
  readonly #cut = new AbortController()

  constructor(options: ControllerRequestsOptions) {
    this.#options = options
  }

  /** Breaks off what is under way, and all that comes. */
  cut(reason: Error): void {
    this.#cut.abort(reason)
  }

  /** `unsent` drops the request while it waits for its turn, not once it is on its way. */
  async send(request: KubeRequest, unsent?: AbortSignal): Promise<{ code: number; text: string }> {
    const { user, as } = this.#options
    const ends = request.signal === undefined ? [this.#cut.signal] : [this.#cut.signal, request.signal]
    const own = { ...request, user, as, signal: AbortSignal.any(ends) }
    if (unsent === undefined) return this.#request(own)
    const waiting = new AbortController()
    const onAbort = () => waiting.abort(unsent.reason)
    if (unsent.aborted) onAbort()
    else unsent.addEventListener('abort', onAbort, { once: true })
    const onSent = () => unsent.removeEventListener('abort', onAbort)
    try {
      return await this.#request({ ...own, signal: AbortSignal.any([own.signal, waiting.signal]), onSent })
    } finally {
      onSent()
    }
  }

  async #request(request: KubeRequest): Promise<{ code: number; text: string }> {
    try {
      const answer = await this.#options.client.request(request)
      const said = request.method === 'GET' ? undefined : sayWrite(request)
      if (said !== undefined) this.#options.wrote(request, said)
      return answer
    } catch (error) {
      // Nothing depends on events; whether they may be written has been said.
      if (isForbidden(error) && !request.path.startsWith('/apis/events.k8s.io/')) this.#options.forbidden()
      throw error
    }
  }
}
