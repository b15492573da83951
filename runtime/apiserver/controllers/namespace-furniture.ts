import { isDeepStrictEqual } from 'node:util'
import type { ApiObject } from '../json.ts'
import type { StoreEvent } from '../storage/store.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { unlessCode } from './object-client.ts'

const SERVICE_ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts' }
const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps' }
const ROOT_CA = 'kube-root-ca.crt'

const ROOT_CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/**
 * Puts into every namespace, and back when it is taken away, the ServiceAccount `default` and the ConfigMap that tells
 * whom to trust.
 * source: kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go, pkg/controller/certificates/rootcacertpublisher
 */
export function startNamespaceFurniture(context: ControllerContext, rootCaPem: string): RunningController {
  const { store, objects, client } = context
  const loop = startLoop(context, 'serviceaccount', furnish)
  const cancels = [
    store.watch('/namespaces', ({ stored }) => loop.add(stored.name)),
    store.watch('/serviceaccounts', (event) => onLoss(event, 'default')),
    store.watch('/configmaps', (event) => onLoss(event, ROOT_CA)),
  ]
  for (const { name } of store.list('/namespaces')) loop.add(name)
  return running(loop, ...cancels)

  function onLoss({ type, stored }: StoreEvent, name: string): void {
    if (type !== 'ADDED' && stored.name === name) loop.add(stored.namespace)
  }

  async function furnish(namespace: string): Promise<void> {
    const found = objects.get<ApiObject>('/namespaces', '', namespace)
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
    await addServiceAccount(namespace)
    await addRootCa(namespace)
  }

  async function addServiceAccount(namespace: string): Promise<void> {
    if (store.get('/serviceaccounts', namespace, 'default') !== undefined) return
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }
    await create(SERVICE_ACCOUNTS, account)
  }

  async function addRootCa(namespace: string): Promise<void> {
    const found = objects.get<ApiObject & { data?: unknown }>('/configmaps', namespace, ROOT_CA)
    const data = { 'ca.crt': rootCaPem }
    const annotations = { 'kubernetes.io/description': ROOT_CA_DESCRIPTION }
    if (found === undefined) {
      const metadata = { name: ROOT_CA, namespace, annotations }
      await create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    } else if (!isDeepStrictEqual(found.data, data)) {
      const metadata = { ...found.metadata, annotations: { ...found.metadata.annotations, ...annotations } }
      await unlessCode(client.update(CONFIG_MAPS, { ...found, metadata, data }), 404, 409)
    }
  }

  /** Somebody else's is as good; 403 and 404: the namespace began to go meanwhile. */
  async function create(resource: typeof CONFIG_MAPS, object: ApiObject): Promise<void> {
    await unlessCode(client.create(resource, object), 403, 404, 409)
  }
}
