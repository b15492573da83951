import type { Deleted, KubeObject, Reconcile } from 'ostler'

/** An endpoint to look after; see config/crd/mydemo.yaml. */
interface Mydemo extends KubeObject {
  spec: Endpoint
  status?: { observed?: Endpoint }
}

interface Endpoint {
  ip: string
  port: number
}

/**
 * Says what it does with an endpoint that is new or whose port changed. What it last acted upon is kept in
 * `status.observed`, as its own memory goes with its process.
 */
export const reconcile: Reconcile<Mydemo> = async ({ spec, status }, { log, event }) => {
  const observed = status?.observed
  if (observed?.ip === spec.ip && observed.port === spec.port) return

  if (observed === undefined) log.info('Added', { ...spec })
  else if (observed.port !== spec.port) log.info('Port changed', { from: observed.port, to: spec.port })
  else log.info('Address changed', { from: observed.ip, to: spec.ip })

  await event('Normal', 'Synced', `Now serving ${spec.ip}:${spec.port}`)
  return { status: { observed: { ip: spec.ip, port: spec.port } } }
}

export const deleted: Deleted<Mydemo> = (last, { log }) => {
  log.info('Deleted', { ...last.spec })
}
