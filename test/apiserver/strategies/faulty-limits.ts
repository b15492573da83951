import { type Sample, sample } from './samples.ts'

let count = 0

/** Quotas and limit ranges that are refused, by messages that were recorded. */
export const FAULTY_LIMITS: readonly Sample[] = [
  // One name each: Go looks at them in any order.
  quota({ hard: { pods: '1500m' } }),
  quota({ hard: { 'example.com/gpu': '500m' } }),
  quota({ hard: { 'requests.example.com/gpu': '0.5' } }),
  quota({ hard: { 'a/b/c': '1' } }),
  quota({ hard: { 'requests.': '1' } }),
  quota({ hard: { 'x-': '1' } }),
  quota({ hard: { storage: '1' } }),
  quota({ hard: { 'count/pods': '0.5' } }),
  quota({ hard: { 'limits.storage': '1' } }),
  quota({ hard: { cpu: '1' }, scopes: ['BestEffort', 'NotBestEffort'] }),
  quota({ hard: { pods: '1', secrets: '1' }, scopes: ['Foo', 'Terminating'] }),
  quota({
    hard: { 'requests.storage': '1' },
    scopeSelector: {
      matchExpressions: [
        { scopeName: 'Foo', operator: 'Exists' },
        { scopeName: 'PriorityClass', operator: 'In' },
        { scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] },
        { scopeName: 'Terminating', operator: 'In', values: ['a'] },
        { scopeName: 'NotTerminating', operator: 'Bar' },
        { scopeName: 'VolumeAttributesClass', operator: 'NotIn', values: ['a'] },
      ],
    },
  }),
  quota({ hard: { pods: '1' }, scopes: ['constructor'] }),
  limits({ type: 'Foo', max: { foo: '1' } }, { type: 'a/b/c' }, { type: '' }),
  limits({ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }, { type: 'Pod' }),
  limits({ type: 'PersistentVolumeClaim', max: { cpu: '1' } }),
  limits({ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }),
  limits({ type: 'Container', max: { cpu: '1' }, default: { cpu: '2' }, defaultRequest: { cpu: '3' } }),
  limits({ type: 'Container', min: { memory: '2Gi' }, default: { memory: '1Gi' } }),
  limits({ type: 'Container', max: { cpu: '2' }, min: { cpu: '1500m' }, maxLimitRequestRatio: { cpu: '2' } }),
  limits({ type: 'Container', maxLimitRequestRatio: { memory: '500m' } }),
  ...['storage', 'requests.a.com/b', 'a.com/b/c', 'pods'].map((name) =>
    limits({ type: 'Container', max: { [name]: 1 } }),
  ),
  limits({ type: 'Container', default: { 'a.com/gpu': '2' }, defaultRequest: { 'a.com/gpu': '1' } }),
  limits({ type: 'Container', default: { 'hugepages-2Mi': '4Mi' }, defaultRequest: { 'hugepages-2Mi': '2Mi' } }),
]

function quota(spec: unknown): Sample {
  return fault('ResourceQuota', 'resourcequotas', { spec })
}

function limits(...items: unknown[]): Sample {
  return fault('LimitRange', 'limitranges', { spec: { limits: items } })
}

function fault(kind: string, plural: string, rest: { spec: unknown }): Sample {
  const metadata = { name: 'faulty', namespace: 'default' }
  return sample('v1', kind, `namespaces/default/${plural}`, `faulty limits ${++count}`, metadata, rest)
}
