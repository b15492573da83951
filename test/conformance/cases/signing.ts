import { asks, type Case, del, first, get, patch, post, put, TABLE } from '../case.ts'

const ask = asks(2)
const asked = asks(6)
const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
/** Ed25519, of CN=ed; its key is nobody's any more. */
const REQUEST =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHTU1FQUNBUUF3RFRFTE1Ba0dBMVVFQXd3Q1pXUXdLakFGQmdNclpYQURJUUFEb1o5QlBiYVpGb1Z3MjZSNApobnF0aWliYmt6UnhaZ2tiVmVkSjh5UE5IYUFBTUFVR0F5dGxjQU5CQUJIZTlWdEdiZEtIQVlsUHdmdk5Zd0JICjFCSFljaUpFUXNlTnBJNEZvYU54RWRhR0h4UmtEdFA5Q2VrQlJoME1WL2h5dHlYWHlHeWUwRStrY21FeEF3OD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=='
/** The same with another signature. */
const UNSIGNED =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHTU1FQUNBUUF3RFRFTE1Ba0dBMVVFQXd3Q1pXUXdLakFGQmdNclpYQURJUUFEb1o5QlBiYVpGb1Z3MjZSNGhucXRpaWJia3pSeApaZ2tiVmVkSjh5UE5IYUFBTUFVR0F5dGxjQU5CQUJIZTlWdEdiZEtIQVlsUHdmdk5Zd0JIMUJIWWNpSkVRc2VOcEk0Rm9hTnhFZGFHCkh4UmtEdFA5Q2VrQlJoME1WL2h5dHlYWHlHeWUwRStrY21FeEF3ND0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=='
/** ECDSA, of O=system:masters. */
const OF_MASTERS =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIaU1JR0tBZ0VBTUNneERUQUxCZ05WQkFNTUJISnZiM1F4RnpBVkJnTlZCQW9NRG5ONWMzUmxiVHB0WVhOMApaWEp6TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFdUNTSUNSbVFxZnRIdHkxK3c2ektUQ3RWClFrakZ0aWU2dU1UY1N6NTRiWGptKy9YbnJpRzdSbWhUcWN5RVB0dnltdXVMenhjNUcxZi9qekRIQWFIa3BLQUEKTUFvR0NDcUdTTTQ5QkFNQ0EwY0FNRVFDSUN4bGxqeVlxSHIzNFRvZExZNnRLekhpVjQrMmFuRFlsYVBoMVRkOQpBTTdLQWlCL1BZRVN5a2lLNjJMYXRENnNoNitZU1BGMHNpR0N3MG83d2daUG5jQkEwZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo='
/** The real server's tokens have a uid. */
const NO_UID = { drop: ['uid'] }
const spec = { request: REQUEST, signerName: 'example.com/signer', usages: ['client auth'] }
const request = (parts: object = {}) => ({
  metadata: { name: '{id}', labels: { of: '{id}' } },
  spec: { ...spec, ...parts },
})
const make = first(post(path, request()))
const condition = (type: string, status = 'True') => ({ type, status, reason: 'Because', message: 'of this' })
const conditions = (...types: string[]) => ({ status: { conditions: types.map((type) => condition(type)) } })
const setApproval = (body: unknown) => patch('merge', `${path}/{id}/approval`, body, NO_UID)
const setStatus = (body: unknown) => patch('merge', `${path}/{id}/status`, body, NO_UID)

/** What alice may do with requests, whoever signs them. */
const role = (...rules: object[]) => [
  first(post('/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: '{id}' }, rules })),
  first(
    post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: '{id}' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '{id}' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'of-{id}' }],
    }),
  ),
]
const WRITES = {
  apiGroups: ['certificates.k8s.io'],
  resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
  verbs: ['patch'],
}
const ANN = { headers: { 'impersonate-user': 'of-{id}' }, ...NO_UID }

/** CertificateSigningRequests, which nobody signs. */
export const signing: readonly Case[] = [
  ask(
    'create',
    'certificatesigningrequests',
    'tells who asks',
    post(path, request({ username: 'mallory', groups: ['x'], expirationSeconds: 3600 }), { ...NO_UID, managed: true }),
  ),
  ask('create', 'certificatesigningrequests', 'a signature that is none', post(path, request({ request: UNSIGNED }))),
  ask('create', 'certificatesigningrequests', 'no request', post(path, request({ request: 'YWJj' }))),
  ask(
    'create',
    'certificatesigningrequests',
    'usages and duration',
    post(path, request({ usages: ['any', 'fly', 'any'], expirationSeconds: 10 })),
    post(path, request({ usages: [] })),
  ),
  ask(
    'create',
    'certificatesigningrequests',
    'signer names',
    ...['', 'a', 'a/b', 'Ex.com/a', 'a.com/B.c', 'kubernetes.io/legacy-unknown'].map((signerName) =>
      post(path, request({ signerName })),
    ),
  ),
  asked(
    'create',
    'certificatesigningrequests',
    'a client certificate of masters',
    post(path, request({ request: OF_MASTERS, signerName: 'kubernetes.io/kube-apiserver-client' })),
  ),
  ask(
    'update',
    'certificatesigningrequests',
    'its spec and status stay',
    make,
    patch(
      'merge',
      `${path}/{id}`,
      { spec: { signerName: 'x.com/y' }, metadata: { labels: { a: 'b' } }, ...conditions('Approved') },
      { ...NO_UID, managed: true },
    ),
  ),
  ask(
    'update',
    'certificatesigningrequests/approval',
    'approves',
    make,
    patch('merge', `${path}/{id}/approval`, { spec: null, ...conditions('Approved') }, { ...NO_UID, managed: true }),
    get(`${path}/{id}/approval`, { pick: ['status'] }),
    get(`${path}?labelSelector=of%3D{id}`, { headers: TABLE, drop: ['description', 'uid'] }),
  ),
  ask(
    'update',
    'certificatesigningrequests/approval',
    'both ways',
    make,
    setApproval(conditions('Approved', 'Denied')),
  ),
  ask(
    'update',
    'certificatesigningrequests/approval',
    'cannot be taken back',
    make,
    first(setApproval(conditions('Denied'))),
    setApproval({ status: { conditions: [] } }),
    setApproval(conditions('Denied', 'Approved')),
  ),
  ask(
    'update',
    'certificatesigningrequests/approval',
    'by PUT of another version',
    make,
    put(`${path}/{id}/approval`, { ...request(), metadata: { name: '{id}', resourceVersion: '1' } }),
  ),
  ask(
    'update',
    'certificatesigningrequests/status',
    'takes no approval',
    make,
    setStatus(conditions('Approved')),
    setStatus(conditions('Failed')),
  ),
  ask(
    'update',
    'certificatesigningrequests/status',
    'conditions and certificates that are none',
    make,
    setStatus({ status: { conditions: [condition('Failed', 'False'), condition('', ''), condition('Odd', 'Odd')] } }),
    setStatus({ status: { certificate: 'YWJj' } }),
    setStatus({ status: { certificate: REQUEST } }),
  ),
  asked(
    'update',
    'certificatesigningrequests/approval',
    'by who may not approve for the signer',
    ...role(WRITES),
    make,
    patch('merge', `${path}/{id}/approval`, conditions('Approved'), { ...ANN, until: { status: 403 } }),
    patch('merge', `${path}/{id}/status`, conditions('Failed'), ANN),
  ),
  asked(
    'update',
    'certificatesigningrequests/approval',
    'by who may approve for the domain of the signer',
    ...role(WRITES, {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['example.com/*'],
      verbs: ['approve'],
    }),
    make,
    patch('merge', `${path}/{id}/approval`, conditions('Approved'), { ...ANN, until: { status: 200 } }),
    patch('merge', `${path}/{id}/status`, conditions('Approved', 'Failed'), ANN),
  ),
  ask(
    'list',
    'certificatesigningrequests',
    'by the name of the signer',
    make,
    get(`${path}?fieldSelector=spec.signerName%3Dexample.com/signer&labelSelector=of%3D{id}`, {
      drop: ['uid', 'resourceVersion'],
    }),
    del(`${path}/{id}`, undefined, { pick: ['status', 'kind'] }),
  ),
]
