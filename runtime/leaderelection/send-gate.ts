import type { KubeRequest, RequestGuard } from '../kube/client.ts'
import type { LeaderElector } from './leader-elector.ts'

/**
 * Lets writes pass while the lease is held: asked before each is sent, at the last moment before its bytes go to the
 * socket, and again at each repetition. When the lease is lost, what is under way for controllers is broken off, reads too.
 * What remains is the time between that look at the clock and the API server's own: that is what the rest of the lease's
 * duration, beyond the renew deadline, is for.
 */
export function createSendGate(elector: Pick<LeaderElector, 'assertLeading' | 'ended'>): RequestGuard {
  return async (request, run) => {
    const isWrite = mayWrite(request)
    if (!isWrite && request.user === undefined) return run(request)
    if (isWrite) elector.assertLeading()
    const cut = new AbortController()
    const unlink = [follow(cut, elector.ended), follow(cut, request.signal)]
    const onSent = () => {
      if (isWrite && !isLeading(elector)) return
      request.onSent?.()
    }
    try {
      return await run({ ...request, signal: cut.signal, onSent })
    } finally {
      for (const end of unlink) end()
    }
  }
}

/** A lease found lost by this look aborts `elector.ended`, and with it the request that is about to go. */
function isLeading(elector: Pick<LeaderElector, 'assertLeading'>): boolean {
  try {
    elector.assertLeading()
    return true
  } catch {
    return false
  }
}

/** Reviews of access, and of whom the host is, are questions, which a host on standby asks too. */
function mayWrite({ method, path }: KubeRequest): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false
  return !QUESTIONS.some((question) => path.startsWith(question))
}

const QUESTIONS = ['/apis/authorization.k8s.io/', '/apis/authentication.k8s.io/v1/selfsubjectreviews']

function follow(cut: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {}
  const onAbort = () => cut.abort(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
