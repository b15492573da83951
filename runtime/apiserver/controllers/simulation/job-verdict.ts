import type { Job } from './job.ts'
import { isActive, type Pod } from './pod.ts'

/** How a Job ends. */
export interface Verdict {
  readonly type: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
  readonly eventType: 'Normal' | 'Warning'
}

const COMPLETE: Verdict = {
  type: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
  eventType: 'Normal',
}
const FAILED_BACKOFF: Verdict = {
  type: 'Failed',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
  eventType: 'Warning',
}
const FAILED_DEADLINE: Verdict = {
  type: 'Failed',
  reason: 'DeadlineExceeded',
  message: 'Job was active longer than specified deadline',
  eventType: 'Warning',
}

/** Undefined: it goes on. */
export function judgeJob(
  { spec, status = {}, metadata }: Job,
  pods: readonly Pod[],
  nowMs: number,
): Verdict | undefined {
  const { succeeded = 0, failed = 0, startTime } = status
  const { completions, backoffLimit = 6, activeDeadlineSeconds } = spec
  if (failed > backoffLimit) return FAILED_BACKOFF
  const isLimited = activeDeadlineSeconds !== undefined && startTime !== undefined
  if (isLimited && nowMs - Date.parse(startTime) >= activeDeadlineSeconds * 1000) return FAILED_DEADLINE
  if (spec.suspend === true || metadata.deletionTimestamp !== undefined) return undefined
  if (completions === undefined) return succeeded > 0 && !pods.some(isActive) ? COMPLETE : undefined
  return succeeded >= completions ? COMPLETE : undefined
}
