import { expect, test } from 'vitest'
import { RbacAuthorizer } from '../../../runtime/apiserver/access/rbac-authorizer.ts'
import type { AdmissionRequest } from '../../../runtime/apiserver/admission/admission.ts'
import { createAdmission } from '../../../runtime/apiserver/admission/create-admission.ts'
import type { PodSpec } from '../../../runtime/apiserver/admission/pod-spec.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { Registry } from '../../../runtime/apiserver/kinds/registry.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { put } from '../access/stored-policy.ts'
import { admissionRequest, NO_CLIENT } from './admission-request.ts'

const pods = { plural: 'pods' }
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

function setUp() {
  const store = new Store()
  put(store, '/namespaces', { metadata: { name: 'demo' }, status: { phase: 'Active' } })
  put(store, '/namespaces', { metadata: { name: 'term' }, status: { phase: 'Terminating' } })
  put(store, '/serviceaccounts', { metadata: { name: 'default', namespace: 'demo' } })
  const authorizer = new RbacAuthorizer(new StoredObjects(store))
  return {
    store,
    admission: createAdmission({ store, registry: new Registry(), authorizer, client: NO_CLIENT, now: Date.now }),
  }
}

function newObject(parts: object): ApiObject {
  return { apiVersion: 'v1', kind: '', metadata: { name: 'a' }, ...parts } as ApiObject
}

/** The pod's spec after mutation. */
async function admitPod(spec: PodSpec, store = setUp(), metadata: object = { name: 'a' }): Promise<PodSpec> {
  const request = admissionRequest({ resource: pods, namespace: 'demo', name: 'a' })
  const object = newObject({ metadata, spec: { containers: [{}], ...spec } })
  return (await store.admission.mutate(request, object))?.spec as PodSpec
}

async function refusalOf(request: AdmissionRequest, parts: object = {}): Promise<unknown> {
  const { admission } = setUp()
  const object = request.operation === 'DELETE' ? undefined : newObject(parts)
  try {
    await admission.validate(request, await admission.mutate(request, object))
  } catch (error) {
    return (error as { status: unknown }).status
  }
  return 'not refused'
}

test('nothing is created in a namespace that is not there', async () => {
  const request = admissionRequest({ resource: { plural: 'configmaps' }, namespace: 'nonex', name: 'a' })
  const details = { name: 'nonex', kind: 'namespaces' }
  expect(await refusalOf(request)).toMatchObject({ code: 404, message: 'namespaces "nonex" not found', details })
})

test('nothing is created in a namespace that is going away, but what is there can change and go', async () => {
  const resource = { plural: 'configmaps' }
  const request = admissionRequest({ resource, namespace: 'term' })
  expect(await refusalOf(request, { metadata: { generateName: 'a-' } })).toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message:
      'configmaps "a-" is forbidden: unable to create new content in namespace term because it is being terminated',
    details: {
      name: 'a-',
      kind: 'configmaps',
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: 'namespace term is being terminated',
          field: 'metadata.namespace',
        },
      ],
    },
  })
  for (const operation of ['UPDATE', 'DELETE'] as const)
    expect(await refusalOf({ ...request, operation })).toBe('not refused')
})

test.each(['default', 'kube-system', 'kube-public'])('the namespace %s stays', async (name) => {
  const request = admissionRequest({ resource: { plural: 'namespaces' }, operation: 'DELETE', name, namespace: name })
  const message = `namespaces "${name}" is forbidden: this namespace may not be deleted`
  expect(await refusalOf(request)).toMatchObject({ code: 403, message })
})

test('other namespaces can be deleted', async () => {
  const request = admissionRequest({ resource: { plural: 'namespaces' }, operation: 'DELETE', name: 'demo' })
  expect(await refusalOf(request)).toBe('not refused')
})

test('a pod gets an account, its token, a priority and tolerations', async () => {
  const spec = await admitPod({ containers: [{}, { volumeMounts: [{ name: 'own', mountPath: MOUNT }] }] })
  const [volume] = spec.volumes ?? []
  expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
  expect(spec).toMatchObject({
    serviceAccountName: 'default',
    serviceAccount: 'default',
    volumes: [{ projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 'token' } }, {}, {}] } }],
    containers: [
      { volumeMounts: [{ name: volume?.name, readOnly: true, mountPath: MOUNT }] },
      { volumeMounts: [{ name: 'own', mountPath: MOUNT }] },
    ],
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
  })
  expect(spec.containers?.[1]?.volumeMounts).toHaveLength(1)
})

test('a pod or its account can do without the token, and the account’s pull secrets are the pod’s', async () => {
  expect(await admitPod({ automountServiceAccountToken: false })).not.toHaveProperty('volumes')
  const setup = setUp()
  const account = { automountServiceAccountToken: false, imagePullSecrets: [{ name: 's' }] }
  put(setup.store, '/serviceaccounts', { metadata: { name: 'bot', namespace: 'demo' }, ...account })
  const spec = await admitPod({ serviceAccountName: 'bot' }, setup)
  expect(spec).not.toHaveProperty('volumes')
  expect(spec.imagePullSecrets).toEqual([{ name: 's' }])
  expect(await admitPod({ serviceAccountName: 'bot', automountServiceAccountToken: true }, setup)).toHaveProperty(
    'volumes',
  )
})

test('a pod tolerates what it says itself', async () => {
  const tolerations = [{ operator: 'Exists' }]
  expect((await admitPod({ tolerations })).tolerations).toEqual(tolerations)
})

test('a pod has the priority of its class, else of the default class', async () => {
  const setup = setUp()
  const storage = 'scheduling.k8s.io/priorityclasses'
  put(setup.store, storage, { metadata: { name: 'high' }, value: 7, preemptionPolicy: 'Never' })
  put(setup.store, storage, { metadata: { name: 'usual' }, value: 3, globalDefault: true })
  const high = await admitPod({ priorityClassName: 'high' }, setup)
  expect(high).toMatchObject({ priority: 7, preemptionPolicy: 'Never' })
  expect(await admitPod({}, setup)).toMatchObject({ priorityClassName: 'usual', priority: 3 })
})

test.each([
  [
    { serviceAccountName: 'nobody' },
    'pods "a" is forbidden: error looking up service account demo/nobody: serviceaccount "nobody" not found',
  ],
  [{ priorityClassName: 'nobody' }, 'pods "a" is forbidden: no PriorityClass with name nobody was found'],
  [{ runtimeClassName: 'nobody' }, 'pods "a" is forbidden: pod rejected: RuntimeClass "nobody" not found'],
  [
    { overhead: { cpu: '1' } },
    'pods "a" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  ],
  [
    { priority: 5 },
    'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  ],
])('a pod with %j is refused', async (spec, message) => {
  const request = admissionRequest({ resource: pods, namespace: 'demo', name: 'a' })
  expect(await refusalOf(request, { spec })).toMatchObject({ code: 403, message, details: { name: 'a', kind: 'pods' } })
})

test('what is no creation of a pod is left as it is', async () => {
  const { admission } = setUp()
  const status = admissionRequest({ resource: pods, namespace: 'demo', subresource: 'status', operation: 'UPDATE' })
  const object = newObject({ spec: {} })
  expect(await admission.mutate(status, structuredClone(object))).toEqual(object)
})

test('a claim without a class gets the newest default class, also an ingress', async () => {
  const setup = setUp()
  const { store, admission } = setup
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  for (const [name, creationTimestamp] of [
    ['old', '2020-01-01T00:00:00Z'],
    ['new', '2021-01-01T00:00:00Z'],
  ] as const)
    put(store, 'storage.k8s.io/storageclasses', { metadata: { name, annotations, creationTimestamp } })
  const request = admissionRequest({ resource: { plural: 'persistentvolumeclaims' }, namespace: 'demo' })
  expect(await admission.mutate(request, newObject({ spec: {} }))).toHaveProperty('spec.storageClassName', 'new')
  const none = newObject({ spec: { storageClassName: '' } })
  expect(await admission.mutate(request, none)).toHaveProperty('spec.storageClassName', '')
  put(store, 'networking.k8s.io/ingressclasses', {
    metadata: { name: 'web', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
  })
  const resource = { group: 'networking.k8s.io', plural: 'ingresses' }
  const ingress = await admission.mutate(admissionRequest({ resource, namespace: 'demo' }), newObject({ spec: {} }))
  expect(ingress).toHaveProperty('spec.ingressClassName', 'web')
})

test.each([
  ['mutatingadmissionpolicies', 'admissionregistration.k8s.io', {}],
  ['mutatingadmissionpolicybindings', 'admissionregistration.k8s.io', {}],
  ['secrets', '', { type: 'kubernetes.io/service-account-token' }],
  [
    'validatingwebhookconfigurations',
    'admissionregistration.k8s.io',
    { webhooks: [{ name: 'w', clientConfig: { service: { name: 's', namespace: 'n' } } }] },
  ],
  [
    'mutatingwebhookconfigurations',
    'admissionregistration.k8s.io',
    {
      webhooks: [
        { name: 'w', clientConfig: { url: 'https://x' }, matchConditions: [{ expression: 'authorizer.path("/")' }] },
      ],
    },
  ],
])('%s that would have no effect are refused', async (plural, group, parts) => {
  const request = admissionRequest({ resource: { group, plural }, name: 'a' })
  expect(await refusalOf(request, parts)).toMatchObject({
    code: 501,
    message: expect.stringContaining('the embedded API server does not imitate'),
  })
})

test('a namespace with a pod security level is kept with a warning', async () => {
  const warnings: string[] = []
  const request = admissionRequest({ resource: { plural: 'namespaces' }, warn: (text) => warnings.push(text) })
  const metadata = { name: 'a', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }
  expect(await refusalOf(request, { metadata })).toBe('not refused')
  expect(warnings).toEqual([expect.stringContaining('does not imitate Pod Security')])
})

test('one priority class at most is the default', async () => {
  const { store, admission } = setUp()
  const resource = { group: 'scheduling.k8s.io', plural: 'priorityclasses' }
  put(store, 'scheduling.k8s.io/priorityclasses', { metadata: { name: 'first' }, globalDefault: true })
  const second = newObject({ metadata: { name: 'second' }, globalDefault: true })
  const message = 'PriorityClass first is already marked as default. Only one default can exist'
  await expect(admission.validate(admissionRequest({ resource, name: 'second' }), second)).rejects.toThrow(message)
})
