import { ApiError } from '../status.ts'
import type { RestContext } from './rest-request.ts'

/** As long as kube-apiserver waits for a revision that is not there yet. */
const PATIENCE_MS = 3_000

/** Until the store has come that far; 0: any will do. `storage`: whose changes are to be seen at once. errors: ApiError 504 */
export async function awaitRevision({ store, after }: RestContext, storage: string, asked: number): Promise<void> {
  if (asked <= store.revision) return
  await new Promise<void>((resolve) => {
    const cancelTimer = after(PATIENCE_MS, done)
    const cancelWatch = store.watch(storage, ({ revision }) => {
      if (revision >= asked) done()
    })
    function done(): void {
      cancelTimer()
      cancelWatch()
      resolve()
    }
  })
  if (asked > store.revision) throw tooLargeRevision(asked, store.revision)
}

function tooLargeRevision(asked: number, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}
