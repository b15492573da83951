import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { FAULTY_KINDS } from './faulty-kinds.ts'
import { FAULTY_LIMITS } from './faulty-limits.ts'
import { FAULTY_PODS } from './faulty-pods.ts'
import { FAULTY_SAMPLES } from './faulty-samples.ts'
import { SAMPLES } from './samples.ts'

/** What other parts of the API server would add: service accounts, tolerations, priorities, taints. */
const ADMISSION =
  'ServiceAccount,DefaultTolerationSeconds,Priority,TaintNodesByCondition,StorageObjectInUseProtection,ResourceQuota'

export const ALL_SAMPLES = [...SAMPLES, ...FAULTY_SAMPLES, ...FAULTY_LIMITS, ...FAULTY_PODS, ...FAULTY_KINDS]

export type Answers = Readonly<Record<string, unknown>>

/** What the real API server makes of each sample, by its name; nothing is kept. */
export async function askRealServer(): Promise<Answers> {
  const plane = await startControlPlane({ server: 'real', flags: [`--disable-admission-plugins=${ADMISSION}`] })
  try {
    const answers: Record<string, unknown> = {}
    for (const { name, path, object } of ALL_SAMPLES) answers[name] = await createDry(plane, path, object)
    return answers
  } finally {
    await plane.stop()
  }
}

async function createDry(plane: ControlPlane, path: string, object: unknown): Promise<unknown> {
  const { body } = await plane.request('POST', `${path}?dryRun=All`, object)
  return maskVolatile(body as Record<string, unknown>)
}

/** uid and times are each request's own; managedFields are not the kinds' affair. */
export function maskVolatile(object: Record<string, unknown>): unknown {
  const metadata = object.metadata as Record<string, unknown> | undefined
  // A Status names the uid too, where it shows what is wrong.
  const text = JSON.stringify(object).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
  const uid = metadata?.uid
  const masked = JSON.parse(typeof uid === 'string' ? text.replaceAll(uid, 'UID') : text) as typeof object
  const left = { ...(masked.metadata as Record<string, unknown>) }
  for (const field of ['managedFields', 'creationTimestamp', 'resourceVersion']) delete left[field]
  const status = masked.status as Record<string, unknown> | undefined
  if (status?.lastPhaseTransitionTime !== undefined) status.lastPhaseTransitionTime = 'TIME'
  for (const condition of (status?.conditions ?? []) as Record<string, unknown>[]) condition.lastTransitionTime = 'TIME'
  return { ...masked, metadata: left }
}
