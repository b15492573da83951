import { asks, type Case, type Condition, del, first, get, patch, post, put, watch } from '../case.ts'

const ask = asks(5, { controllers: true })
const maps = '/api/v1/namespaces/{ns}/configmaps'
const secrets = '/api/v1/namespaces/{ns}/secrets'
const map = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
})
/** As an owner, of the object that step 0 made. */
const owner = (extra: object = {}, step = 0) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: `{${step}.metadata.name}`,
  uid: `{${step}.metadata.uid}`,
  ...extra,
})
const owned = (name: string, ...ownerReferences: object[]) => first(post(maps, map(name, { ownerReferences })))
const GONE: Condition = { status: 404 }
const gone = (name: string) => get(`${maps}/${name}`, { until: GONE })
const make = first(post(maps, map('owner')))
const secret = (name: string, ...ownerReferences: object[]) =>
  first(post(secrets, { metadata: { name, ownerReferences } }))
const NO_OWNERS: Condition = { at: 'metadata.ownerReferences' }

const collection: Case[] = [
  ask(
    'delete',
    'configmaps',
    'background takes dependents',
    make,
    owned('a', owner()),
    del(`${maps}/owner`, { propagationPolicy: 'Background' }),
    gone('a'),
  ),
  ask(
    'delete',
    'configmaps',
    'the default policy takes dependents',
    make,
    owned('a', owner()),
    first(del(`${maps}/owner`)),
    gone('a'),
  ),
  ask(
    'delete',
    'configmaps',
    'dependents of dependents',
    make,
    first(post(maps, map('a', { ownerReferences: [owner()] }))),
    owned('b', owner({}, 1)),
    first(del(`${maps}/owner`)),
    gone('b'),
  ),
  ask(
    'delete',
    'configmaps',
    'foreground waits for a blocking dependent',
    make,
    first(post(maps, map('a', { ownerReferences: [owner({ blockOwnerDeletion: true })], finalizers: ['e.com/f'] }))),
    del(`${maps}/owner`, { propagationPolicy: 'Foreground' }),
    get(`${maps}/a`, { until: { at: 'metadata.deletionGracePeriodSeconds', is: 0 } }),
    get(`${maps}/owner`),
    first(patch('merge', `${maps}/a`, { metadata: { finalizers: null } })),
    gone('owner'),
  ),
  ask(
    'delete',
    'configmaps',
    'foreground does not wait for one that does not block',
    make,
    first(post(maps, map('a', { ownerReferences: [owner()], finalizers: ['e.com/f'] }))),
    first(del(`${maps}/owner`, { propagationPolicy: 'Foreground' })),
    gone('owner'),
    get(`${maps}/a`, { until: { at: 'metadata.deletionGracePeriodSeconds', is: 0 } }),
  ),
  ask(
    'delete',
    'configmaps',
    'foreground without dependents',
    make,
    first(del(`${maps}/owner`, { propagationPolicy: 'Foreground' })),
    gone('owner'),
  ),
  ask(
    'delete',
    'configmaps',
    'orphan frees dependents',
    make,
    owned('a', owner()),
    del(`${maps}/owner`, { propagationPolicy: 'Orphan' }),
    gone('owner'),
    get(`${maps}/a`, { until: NO_OWNERS }),
  ),
  ask(
    'delete',
    'configmaps',
    'orphanDependents, the old option',
    make,
    owned('a', owner()),
    first(del(`${maps}/owner`, { orphanDependents: true })),
    gone('owner'),
    get(`${maps}/a`, { until: NO_OWNERS }),
  ),
  ask(
    'delete',
    'configmaps',
    'orphan keeps the other owner',
    make,
    first(post(maps, map('second'))),
    owned('a', owner(), owner({}, 1)),
    first(del(`${maps}/owner`, { propagationPolicy: 'Orphan' })),
    gone('owner'),
    get(`${maps}/a`, { until: { at: 'metadata.ownerReferences.0.name', is: 'second' } }),
  ),
  ask(
    'delete',
    'configmaps',
    'a second owner keeps the dependent',
    make,
    first(post(maps, map('second'))),
    owned('a', owner(), owner({}, 1)),
    first(del(`${maps}/owner`)),
    get(`${maps}/a`, { until: { at: 'metadata.ownerReferences.0.name', is: 'second' } }),
  ),
  ask(
    'delete',
    'configmaps',
    'both owners gone',
    make,
    first(post(maps, map('second'))),
    owned('a', owner(), owner({}, 1)),
    first(del(`${maps}/owner`)),
    first(del(`${maps}/second`)),
    gone('a'),
  ),
  ask(
    'delete',
    'configmaps',
    'dependents of another kind',
    make,
    secret('a', owner()),
    first(del(`${maps}/owner`)),
    get(`${secrets}/a`, { until: GONE }),
  ),
  ask(
    'delete',
    'configmaps',
    'a dependent with a finalizer',
    make,
    first(post(maps, map('a', { ownerReferences: [owner()], finalizers: ['e.com/f'] }))),
    first(del(`${maps}/owner`)),
    get(`${maps}/a`, { until: { at: 'metadata.deletionGracePeriodSeconds', is: 0 } }),
  ),
  ask(
    'create',
    'configmaps',
    'owned by what never was',
    first(
      post(
        maps,
        map('a', {
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ConfigMap', name: 'absent', uid: '00000000-0000-4000-8000-000000000001' },
          ],
        }),
      ),
    ),
    gone('a'),
  ),
  ask(
    'create',
    'configmaps',
    'owned by a name with another uid',
    make,
    first(post(maps, map('a', { ownerReferences: [owner({ uid: '00000000-0000-4000-8000-000000000001' })] }))),
    gone('a'),
  ),
  ask(
    'create',
    'configmaps',
    'owned by a cluster object',
    first(post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: '{id}' }, value: 1 })),
    owned('a', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: '{id}', uid: '{0.metadata.uid}' }),
    first(del('/apis/scheduling.k8s.io/v1/priorityclasses/{id}')),
    gone('a'),
  ),
  ask(
    'deletecollection',
    'configmaps',
    'background takes dependents',
    first(post(maps, map('owner', { labels: { x: 'y' } }))),
    owned('a', owner()),
    first(del(`${maps}?labelSelector=x%3Dy`, { propagationPolicy: 'Background' })),
    gone('a'),
  ),
  ask(
    'delete',
    'configmaps',
    "foreground, the blocking dependent's reference removed",
    make,
    first(post(maps, map('a', { ownerReferences: [owner({ blockOwnerDeletion: true })], finalizers: ['e.com/f'] }))),
    first(del(`${maps}/owner`, { propagationPolicy: 'Foreground' })),
    first(patch('merge', `${maps}/a`, { metadata: { ownerReferences: null } })),
    gone('owner'),
  ),
  ask(
    'watch',
    'configmaps',
    "a dependent's end by foreground",
    make,
    first(post(maps, map('a', { ownerReferences: [owner({ blockOwnerDeletion: true })] }))),
    first(del(`${maps}/owner`, { propagationPolicy: 'Foreground' })),
    gone('owner'),
    watch(`${maps}?resourceVersion={1.metadata.resourceVersion}&fieldSelector=metadata.name%3Downer`, 2),
  ),
]

const space = '/api/v1/namespaces/{id}'
const newSpace = first(post('/api/v1/namespaces', { metadata: { name: '{id}' } }))
const inSpace = (name: string, metadata: object = {}) => first(post(`${space}/configmaps`, map(name, metadata)))
const ended = get(space, { until: GONE })
const TERMINATING: Condition = { at: 'status.phase', is: 'Terminating' }
const held = [
  newSpace,
  inSpace('a', { finalizers: ['e.com/f'] }),
  first(del(space)),
  first(get(space, { until: TERMINATING })),
]
const namespaces: Case[] = [
  ask('delete', 'namespaces', 'the answer', newSpace, del(space), ended),
  ask(
    'delete',
    'namespaces',
    'takes its objects along',
    newSpace,
    inSpace('a'),
    first(del(space)),
    ended,
    get(`${space}/configmaps/a`),
  ),
  ask(
    'delete',
    'namespaces',
    'waits for a finalizer within',
    ...held,
    get(`${space}/configmaps/a`, { until: { at: 'metadata.deletionGracePeriodSeconds', is: 0 } }),
    first(patch('merge', `${space}/configmaps/a`, { metadata: { finalizers: null } })),
    ended,
  ),
  ask(
    'get',
    'namespaces',
    'conditions of one held by a finalizer',
    ...held,
    get(space, {
      until: { at: 'status.conditions.type=NamespaceFinalizersRemaining.status', is: 'True' },
      drop: ['resourceVersion'],
    }),
  ),
  ask('create', 'configmaps', 'in a namespace that ends', ...held, post(`${space}/configmaps`, map('b'))),
  ask(
    'update',
    'configmaps',
    'in a namespace that ends',
    ...held,
    put(
      `${space}/configmaps/a`,
      { ...map('a', { finalizers: ['e.com/f'] }), data: { a: 'b' } },
      { drop: ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds'] },
    ),
  ),
  ask('delete', 'namespaces', 'twice', ...held, del(space, undefined, { pick: ['status/phase', 'kind'] })),
  ask(
    'delete',
    'namespaces',
    'a finalizer of its own',
    first(post('/api/v1/namespaces', { metadata: { name: '{id}' }, spec: { finalizers: ['e.com/x'] } })),
    first(del(space)),
    get(space, { until: { at: 'spec.finalizers', is: ['e.com/x'] }, drop: ['resourceVersion', 'conditions'] }),
    put(
      `${space}/finalize`,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{id}' }, spec: { finalizers: [] } },
      { drop: ['conditions', 'resourceVersion'] },
    ),
    ended,
  ),
  ask(
    'delete',
    'namespaces',
    'metadata finalizers',
    first(post('/api/v1/namespaces', { metadata: { name: '{id}', finalizers: ['e.com/x'] } })),
    first(del(space)),
    get(space, { until: { at: 'spec', is: {} }, drop: ['resourceVersion', 'conditions'] }),
    first(patch('merge', space, { metadata: { finalizers: null } })),
    ended,
  ),
  ask('delete', 'namespaces', 'default cannot be deleted', del('/api/v1/namespaces/default')),
  ask('delete', 'namespaces', 'kube-system cannot be deleted', del('/api/v1/namespaces/kube-system')),
  ask(
    'delete',
    'namespaces',
    'orphaning is of no effect',
    newSpace,
    inSpace('a'),
    first(del(space, { propagationPolicy: 'Orphan' })),
    get(`${space}/configmaps/a`, { until: GONE }),
  ),
  ask(
    'create',
    'namespaces',
    'again after its end',
    newSpace,
    first(del(space)),
    first(ended),
    post('/api/v1/namespaces', { metadata: { name: '{id}' } }, { drop: ['resourceVersion'] }),
  ),
  ask(
    'list',
    'namespaces',
    'those that every cluster has',
    get('/api/v1/namespaces/default', { drop: ['resourceVersion'] }),
    get('/api/v1/namespaces/kube-system', { drop: ['resourceVersion'] }),
    get('/api/v1/namespaces/kube-public', { drop: ['resourceVersion'] }),
    get('/api/v1/namespaces/kube-node-lease', { drop: ['resourceVersion'] }),
  ),
  ask(
    'get',
    'services',
    'kubernetes in the namespace default',
    get('/api/v1/namespaces/default/services/kubernetes', { drop: ['resourceVersion', 'ports'] }),
  ),
]

const FOUND: Condition = { status: 200 }
const accounts: Case[] = [
  ask(
    'get',
    'serviceaccounts',
    'default in every namespace',
    newSpace,
    get(`${space}/serviceaccounts/default`, { until: FOUND }),
  ),
  ask(
    'get',
    'configmaps',
    'kube-root-ca.crt in every namespace',
    newSpace,
    get(`${space}/configmaps/kube-root-ca.crt`, { until: FOUND }),
  ),
  ask(
    'delete',
    'serviceaccounts',
    'default comes back',
    newSpace,
    first(get(`${space}/serviceaccounts/default`, { until: FOUND })),
    first(del(`${space}/serviceaccounts/default`)),
    get(`${space}/serviceaccounts/default`, { until: FOUND, drop: ['resourceVersion', 'uid'] }),
  ),
  ask(
    'delete',
    'configmaps',
    'kube-root-ca.crt comes back',
    newSpace,
    first(get(`${space}/configmaps/kube-root-ca.crt`, { until: FOUND })),
    first(del(`${space}/configmaps/kube-root-ca.crt`)),
    get(`${space}/configmaps/kube-root-ca.crt`, { until: FOUND, drop: ['resourceVersion', 'uid'] }),
  ),
  ask(
    'update',
    'configmaps',
    'kube-root-ca.crt is put right',
    newSpace,
    first(get(`${space}/configmaps/kube-root-ca.crt`, { until: FOUND })),
    first(patch('merge', `${space}/configmaps/kube-root-ca.crt`, { data: { 'ca.crt': null, x: 'y' } })),
    get(`${space}/configmaps/kube-root-ca.crt`, { until: { at: 'data.x' }, drop: ['resourceVersion'] }),
  ),
  ask(
    'get',
    'serviceaccounts',
    'default in kube-system',
    get('/api/v1/namespaces/kube-system/serviceaccounts/default', { until: FOUND, drop: ['resourceVersion'] }),
  ),
  ask(
    'create',
    'pods',
    'the token volume of the default account',
    newSpace,
    first(get(`${space}/serviceaccounts/default`, { until: FOUND })),
    post(
      `${space}/pods`,
      { metadata: { name: 'a' }, spec: { containers: [{ name: 'a', image: 'i' }] } },
      { pick: ['spec/volumes', 'spec/containers/0/volumeMounts', 'spec/serviceAccountName', 'spec/serviceAccount'] },
    ),
  ),
]

export const controllers: readonly Case[] = [...collection, ...namespaces, ...accounts]
