import { asks, type Case, del, first, get, patch, post, put, type Step } from '../case.ts'

const ask = asks(6)
const counted = asks(6, { controllers: true })
const controlled = asks(5, { controllers: true })
const at = (plural: string, group = '') => `${group === '' ? '/api/v1' : `/apis/${group}/v1`}/namespaces/{ns}/${plural}`
const pods = at('pods')
const claims = at('persistentvolumeclaims')
const quotas = at('resourcequotas')
const classes = '/apis/node.k8s.io/v1/runtimeclasses'

type Resources = Readonly<Record<string, Readonly<Record<string, string>>>>

const container = (resources?: Resources, name = 'c') => ({ name, image: 'x', ...(resources && { resources }) })
const pod = (spec: object, name = 'a') => ({ metadata: { name }, spec: { containers: [container()], ...spec } })
const taking = (resources: Resources, name = 'a') => pod({ containers: [container(resources)] }, name)
const claim = (storage: string, extra: object = {}) => ({
  metadata: { name: 'a' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...extra },
})
const limits = (...items: object[]): Step =>
  first(post(at('limitranges'), { metadata: { name: 'limits' }, spec: { limits: items } }))
const ofContainers = (parts: object) => limits({ type: 'Container', ...parts })

const limitRanges: Case[] = [
  ask(
    'create',
    'pods',
    'a limit range says what its containers take',
    ofContainers({ default: { cpu: '500m', memory: '64Mi' }, defaultRequest: { cpu: '100m' } }),
    post(pods, pod({ initContainers: [container(undefined, 'i')] })),
    post(pods, taking({ requests: { cpu: '1m' }, limits: { memory: '1Gi' } }, 'b')),
  ),
  ask(
    'create',
    'pods',
    'less than a limit range wants',
    ofContainers({ min: { cpu: '100m' } }),
    post(pods, pod({ containers: [container({ requests: { cpu: '10m' } })] })),
    post(pods, taking({ requests: { cpu: '0' } })),
  ),
  ask(
    'create',
    'pods',
    'more than a limit range allows',
    ofContainers({ max: { memory: '1Gi' } }),
    post(pods, taking({ limits: { memory: '2Gi' } })),
    post(pods, taking({ requests: { memory: '1Gi' } })),
  ),
  ask(
    'create',
    'pods',
    'a limit too far above its request',
    ofContainers({ maxLimitRequestRatio: { cpu: '3' } }),
    post(pods, taking({ requests: { cpu: '300m' }, limits: { cpu: '1' } })),
    post(pods, taking({})),
    post(pods, taking({ requests: { cpu: '1' } })),
  ),
  ask(
    'create',
    'pods',
    'more in all than a limit range allows',
    limits({ type: 'Pod', max: { cpu: '3' } }),
    post(
      pods,
      pod({
        initContainers: [{ ...container({ limits: { cpu: '2' } }, 'i'), restartPolicy: 'Always' }],
        containers: [container({ limits: { cpu: '1' } }), container({ limits: { cpu: '500m' } }, 'd')],
      }),
    ),
    post(pods, pod({ containers: [container({ limits: { cpu: '1' } }), container({}, 'd')] })),
  ),
  ask(
    'create',
    'persistentvolumeclaims',
    'sizes out of the limits',
    limits({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }),
    post(claims, claim('512Mi')),
    post(claims, claim('3Gi')),
    post(claims, claim('2Gi'), { pick: ['spec/resources'] }),
  ),
]

const quota = (hard: object, extra: object = {}): Step[] => [
  first(post(quotas, { metadata: { name: 'q' }, spec: { hard, ...extra } })),
  first(get(`${quotas}/q`, { until: { at: `status/used/${Object.keys(hard)[0]}`, is: '0' } })),
]
const usage = (extra: object = {}) => get(`${quotas}/q`, { pick: ['status'], ...extra })
const CPU = { requests: { cpu: '400m' }, limits: { cpu: '1' } }
const service = (name: string, type: string, ports = 1) => ({
  metadata: { name },
  spec: { type, ports: Array.from({ length: ports }, (_, index) => ({ name: `p${index}`, port: 80 + index })) },
})

const resourceQuotas: Case[] = [
  counted(
    'create',
    'pods',
    'that do not say what a quota counts',
    ...quota({ 'limits.cpu': '2', 'requests.memory': '1Gi' }),
    post(pods, taking(CPU)),
    post(pods, pod({ containers: [container({}, 'd'), container(CPU)] })),
  ),
  counted(
    'create',
    'pods',
    'exceeded quota',
    ...quota({ pods: '2', 'requests.cpu': '1', 'limits.cpu': '2' }),
    post(pods, taking(CPU), { pick: ['kind'] }),
    post(pods, taking({ requests: { cpu: '601m' }, limits: { cpu: '1500m' } }, 'b')),
    usage(),
    post(`${pods}?dryRun=All`, taking(CPU, 'b'), { pick: ['kind'] }),
    usage(),
    post(pods, taking(CPU, 'b'), { pick: ['kind'] }),
    post(pods, taking(CPU, 'c')),
    get(`${quotas}/q`, { managed: true }),
  ),
  counted(
    'create',
    'pods',
    'a quota of what bursts nowhere',
    ...quota({ pods: '1' }, { scopes: ['BestEffort'] }),
    post(pods, taking(CPU, 'b'), { pick: ['kind'] }),
    post(pods, pod({}), { pick: ['kind'] }),
    post(pods, pod({}, 'c')),
  ),
  counted(
    'update',
    'pods',
    'comes into the scope of a quota',
    ...quota({ pods: '0' }, { scopes: ['Terminating'] }),
    post(pods, pod({}), { pick: ['kind'] }),
    patch('merge', `${pods}/a`, { spec: { activeDeadlineSeconds: 60 } }),
  ),
  counted(
    'create',
    'pods',
    'a quota of a priority class',
    ...quota(
      { pods: '0' },
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
        },
      },
    ),
    post(pods, pod({}, 'b'), { pick: ['kind'] }),
    post(pods, pod({ priorityClassName: 'system-node-critical' })),
  ),
  counted(
    'create',
    'pods',
    'usage that is not known',
    ...quota({ pods: '1' }),
    first(patch('merge', `${quotas}/q/status`, { status: { used: null } })),
    post(pods, pod({})),
  ),
  counted(
    'create',
    'services',
    'exceeded quota',
    ...quota({ 'services.nodeports': '2', 'services.loadbalancers': '0' }),
    post(at('services'), service('a', 'NodePort', 3)),
    post(at('services'), service('a', 'LoadBalancer')),
    post(at('services'), service('a', 'ClusterIP', 3), { pick: ['kind'] }),
    patch('merge', `${at('services')}/a`, { spec: { type: 'NodePort' } }),
  ),
  counted(
    'create',
    'persistentvolumeclaims',
    'exceeded quota',
    ...quota({ 'requests.storage': '3Gi', 'gold.storageclass.storage.k8s.io/requests.storage': '1Gi' }),
    post(claims, claim('4Gi', { storageClassName: '' })),
    post(claims, claim('2Gi', { storageClassName: 'gold' })),
    post(claims, claim('1Gi', { storageClassName: 'gold' }), { pick: ['kind'] }),
    usage(),
  ),
  counted(
    'create',
    'secrets',
    'exceeded quota, by the old name',
    ...quota({ secrets: '1' }),
    post(at('secrets'), { metadata: { name: 'a' } }, { pick: ['kind'] }),
    post(at('secrets'), { metadata: { name: 'b' } }),
  ),
  counted(
    'create',
    'leases',
    'exceeded quota, by count',
    ...quota({ pods: '1', 'count/leases.coordination.k8s.io': '0' }),
    post(at('leases', 'coordination.k8s.io'), { metadata: { generateName: 'gen-' } }),
    put(`${at('leases', 'coordination.k8s.io')}/a`, { metadata: { name: 'a' } }),
  ),
  counted(
    'update',
    'resourcequotas',
    'scopes cannot change',
    ...quota({ pods: '1' }),
    patch('merge', `${quotas}/q`, { spec: { scopes: ['BestEffort'] } }),
    patch('merge', `${quotas}/q/status`, { status: { used: { pods: '-1' } } }),
  ),
]

const quotaController: Case[] = [
  controlled(
    'update',
    'resourcequotas',
    'another limit is counted',
    first(post(at('secrets'), { metadata: { name: 'a' } })),
    ...quota({ pods: '1' }),
    patch(
      'merge',
      `${quotas}/q`,
      { spec: { hard: { pods: null, secrets: '5', 'count/secrets': '5' } } },
      { pick: ['spec'] },
    ),
    usage({ until: { at: 'status.used.secrets', is: '1' } }),
  ),
  controlled(
    'delete',
    'secrets',
    'frees room in a quota',
    ...quota({ secrets: '1' }),
    first(post(at('secrets'), { metadata: { name: 'a' } })),
    first(get(`${quotas}/q`, { until: { at: 'status.used.secrets', is: '1' } })),
    first(del(`${at('secrets')}/a`)),
    usage({ until: { at: 'status.used.secrets', is: '0' } }),
  ),
  controlled(
    'update',
    'pods/status',
    'a pod that is over frees room in a quota',
    ...quota({ pods: '1', 'count/pods': '2' }),
    first(post(pods, pod({}))),
    first(get(`${quotas}/q`, { until: { at: 'status.used.pods', is: '1' } })),
    first(patch('merge', `${pods}/a/status`, { status: { phase: 'Succeeded' } })),
    usage({ until: { at: 'status.used.pods', is: '0' } }),
  ),
]

const runtimeClass = (parts: object) => first(post(classes, { metadata: { name: '{id}' }, handler: 'runsc', ...parts }))
const runtimeClassName = '{id}'

const runtimeClasses: Case[] = [
  ask(
    'create',
    'pods',
    'a runtime class with overhead and scheduling',
    runtimeClass({
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
    }),
    post(
      pods,
      pod({ runtimeClassName, tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] }),
    ),
    post(pods, pod({ runtimeClassName, overhead: { cpu: '1' } }, 'b')),
    post(pods, pod({ runtimeClassName, nodeSelector: { a: 'c' } }, 'b')),
  ),
  ask(
    'create',
    'pods',
    'a runtime class that is not there',
    post(pods, pod({ runtimeClassName: 'nowhere' })),
    post(pods, pod({ overhead: { cpu: '1' } })),
  ),
]

/** What objects may take of a namespace. */
export const limitCases: readonly Case[] = [...limitRanges, ...resourceQuotas, ...quotaController, ...runtimeClasses]
