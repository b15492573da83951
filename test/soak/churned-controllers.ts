/** A controller whose objects, those of one namespace named like it, come and go. */
export interface ChurnedController {
  readonly name: string
  /** Of all objects. */
  readonly share: number
  readonly for: 'v1/ConfigMap' | 'e2e.example.com/v1/Trial'
  readonly handler: string
  /** Of its config entry. */
  readonly entry?: object
}

const SECRETS = { for: 'v1/Secret', verbs: ['create', 'delete'] }

/** One for each way of holding on to an object. */
export const CONTROLLERS: readonly ChurnedController[] = [
  { name: 'plain', share: 0.3, for: 'v1/ConfigMap', handler: 'export const reconcile = async () => {}' },
  {
    // Its status is written, and the own write's event comes back.
    name: 'status',
    share: 0.15,
    for: 'e2e.example.com/v1/Trial',
    handler:
      'export const reconcile = async ({ metadata }) => ({ status: { observedGeneration: metadata.generation } })',
  },
  {
    name: 'careful',
    share: 0.15,
    for: 'v1/ConfigMap',
    handler: `
      export const reconcile = async (object, { event }) => void (await event('Normal', 'Seen', 'It is there'))
      export const finalize = async () => {}
      export const deleted = async () => {}`,
  },
  {
    name: 'owner',
    share: 0.1,
    for: 'v1/ConfigMap',
    entry: { owns: ['v1/Secret'], watches: [{ for: 'v1/Secret', map: 'namesakes' }], allow: [SECRETS] },
    handler: `
      export const namesakes = async ({ metadata }) => [metadata]
      export const reconcile = async ({ metadata: { name, namespace, uid } }, { get, create }) => {
        if ((await get('v1/Secret', { name })) !== undefined) return
        const owner = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: true }
        await create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, ownerReferences: [owner] } })
      }
      export const deleted = ({ metadata }, context) => context.delete('v1/Secret', metadata)`,
  },
  {
    // A timer each, of an hour.
    name: 'patient',
    share: 0.1,
    for: 'v1/ConfigMap',
    handler: `export const reconcile = async () => ({ requeueAfter: '1h' })`,
  },
  {
    // A failure count and a timer each.
    name: 'failing',
    share: 0.1,
    for: 'v1/ConfigMap',
    entry: { retry: { baseDelay: '1m' } },
    handler: `export const reconcile = async () => { throw new Error('not today') }`,
  },
  {
    // Each a parked call, and then a parked last state.
    name: 'parked',
    share: 0.1,
    for: 'v1/ConfigMap',
    handler: `
      import { TerminalError } from 'ostler'
      export const reconcile = async () => { throw new TerminalError('never') }
      export const deleted = async () => { throw new TerminalError('never') }`,
  },
]

/** Where the objects of a controller are. */
export function pathOf({ name, for: kind }: ChurnedController): string {
  return kind === 'v1/ConfigMap'
    ? `/api/v1/namespaces/${name}/configmaps`
    : `/apis/e2e.example.com/v1/namespaces/${name}/trials`
}

/** Like objects in use: about 1 KiB. */
export function churnedObject({ for: kind }: ChurnedController, index: number): object {
  const metadata = { name: `churn-${index}`, labels: { number: String(index) } }
  if (kind === 'v1/ConfigMap') return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: PAYLOAD } }
  return { apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata, spec: { size: index, payload: PAYLOAD } }
}

const PAYLOAD = 'x'.repeat(700)
