import type { Sample } from './samples.ts'

type Spec = Record<string, unknown>

const PATH = '/api/v1/namespaces/default/pods'
const main = { name: 'a', image: 'x' }

/** Pods whose spec is wrong in many ways at once, by what is wrong; each is refused, by messages that were recorded. */
const SPECS: Readonly<Record<string, Spec>> = {
  volumes: {
    volumes: [
      { name: 'a', emptyDir: { sizeLimit: '-1' } },
      { name: 'b', hostPath: { path: '/a/../b', type: 'Folder' } },
      { name: 'c', gitRepo: { directory: '/d' } },
      { name: 'd', gcePersistentDisk: { pdName: '', partition: 300 } },
      { name: 'e', secret: { defaultMode: 1000, items: [{ key: '', path: '..a', mode: -1 }] } },
      { name: 'f', nfs: { server: '', path: 'p' } },
      {
        name: 'g',
        iscsi: { targetPortal: 'x'.repeat(70), iqn: 'iqn.x', lun: 256, initiatorName: 'x', chapAuthSession: true },
      },
      { name: 'h', flocker: { datasetName: 'a/b', datasetUUID: 'u' } },
      { name: 'i', rbd: { monitors: [], image: '' } },
      { name: 'j', quobyte: { registry: 'a,b:1', volume: '' } },
      { name: 'k', fc: { targetWWNs: ['w'], wwids: ['i'] } },
      { name: 'l', flexVolume: { driver: '', options: { 'x.k8s.io/y': 'z' } } },
      { name: 'm', azureDisk: { diskName: '', diskURI: 'x', kind: 'Managed', cachingMode: 'All' } },
      { name: 'n', storageos: { volumeName: 'A', secretRef: {} } },
      { name: 'o', csi: { driver: 'A_b', nodePublishSecretRef: { name: 'B' } } },
      { name: 'p', image: { reference: '', pullPolicy: 'Sometimes' } },
      { name: 'q', cinder: { volumeID: '', secretRef: {} } },
      { name: 'q', cephfs: { monitors: ['m'] }, downwardAPI: {} },
    ],
    containers: [main],
  },
  'projected and ephemeral volumes': {
    volumes: [
      {
        name: 'a',
        projected: {
          defaultMode: 512,
          sources: [
            {
              secret: { items: [{ key: 'k', path: 'p' }] },
              configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] },
            },
            { serviceAccountToken: { path: '../t', expirationSeconds: 5 } },
            { downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'spec.nodeName' } }, { path: 'y' }] } },
          ],
        },
      },
      { name: 'b', ephemeral: {} },
      { name: 'c', ephemeral: { volumeClaimTemplate: { metadata: { name: 'n' }, spec: { resources: {} } } } },
      { name: 'd', persistentVolumeClaim: { claimName: 'faulty-c' } },
      {
        name: 'e',
        downwardAPI: { items: [{ path: 'x', resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } }] },
      },
    ],
    containers: [main],
  },
  mounts: {
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'claim', persistentVolumeClaim: { claimName: 'c' } },
    ],
    containers: [
      {
        ...main,
        volumeMounts: [
          { name: 'v', mountPath: '/a', subPath: '../x', subPathExpr: '/y', mountPropagation: 'Both' },
          { name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional', recursiveReadOnly: 'Enabled' },
          { name: 'none', mountPath: '' },
          { name: 'claim', mountPath: '/dev/a', recursiveReadOnly: 'Perhaps' },
        ],
        volumeDevices: [
          { name: 'claim', devicePath: '/dev/a' },
          { name: 'v', devicePath: '/dev/../b' },
          { name: 'claim', devicePath: '/dev/a' },
          { name: '', devicePath: '' },
        ],
      },
    ],
  },
  environment: {
    containers: [
      {
        ...main,
        env: [
          { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.restartPolicy' } } },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: "metadata.name['x']" } } },
          { name: 'C', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a b']", apiVersion: 'v1' } } },
          { name: 'D', valueFrom: { fieldRef: { fieldPath: 'status.x', apiVersion: 'v2' } } },
          { name: 'E', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } },
          { name: 'F', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '2Mi' } } },
          { name: 'G', valueFrom: { configMapKeyRef: { name: 'A', key: '..k' } } },
          { name: 'H', valueFrom: { secretKeyRef: { name: '', key: 'a/b' } } },
          { name: 'I', valueFrom: { fileKeyRef: { volumeName: 'V', path: '../p', key: 'a=b' } } },
        ],
        envFrom: [{ prefix: 'a=b', configMapRef: { name: 'A' } }, {}],
      },
    ],
  },
  probes: {
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        ...main,
        livenessProbe: {
          httpGet: { port: 0, httpHeaders: [{ name: 'a b' }] },
          successThreshold: 2,
          timeoutSeconds: -1,
        },
        readinessProbe: { grpc: { port: 70000 }, terminationGracePeriodSeconds: 0 },
        startupProbe: { exec: {}, tcpSocket: { port: 'x' } },
        lifecycle: { postStart: { sleep: { seconds: 6 } }, preStop: {} },
      },
    ],
  },
  'restarts and resizes': {
    restartPolicy: 'Never',
    containers: [
      {
        ...main,
        restartPolicyRules: [{ action: 'Stop', exitCodes: { operator: 'Above', values: [1] } }, { action: 'Restart' }],
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
          { resourceName: 'cpu', restartPolicy: '' },
          { resourceName: 'gpu', restartPolicy: 'Perhaps' },
        ],
      },
      { name: 'b', image: 'x', restartPolicy: 'Sometimes' },
    ],
    initContainers: [
      {
        name: 'i',
        image: 'x',
        lifecycle: {},
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
      },
      {
        name: 'j',
        image: 'x',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
      },
    ],
  },
  'resources and claims': {
    resourceClaims: [
      { name: 'c', resourceClaimName: 'x', resourceClaimTemplateName: 'y' },
      { name: 'c' },
      { name: 'B' },
    ],
    overhead: { cpu: '-1' },
    containers: [
      { ...main, resources: { claims: [{ name: 'c', request: 'r' }, { name: 'c' }, { name: 'z' }, { name: '' }] } },
      { name: 'b', image: 'x', resources: { requests: { 'x.y/gpu': '1' } } },
      { name: 'c', image: 'x', resources: { limits: { 'x.y/gpu': '500m' } } },
      { name: 'd', image: 'x', resources: { limits: { 'hugepages-2Mi': '3Mi' } } },
      { name: 'e', image: 'x', resources: { limits: { storage: '1' } } },
      { name: 'f', image: 'x', resources: { limits: { 'requests.x/y': '1' } } },
    ],
  },
  'resources of the pod': {
    resources: { limits: { cpu: '1' }, requests: { memory: '1Gi' }, claims: [{ name: 'x' }] },
    containers: [{ ...main, resources: { limits: { cpu: '2' }, requests: { memory: '2Gi' } } }],
  },
  affinity: {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 0,
            preference: {
              matchExpressions: [
                { key: 'a b', operator: 'In' },
                { key: 'a', operator: 'Gt', values: ['1', '2'] },
                { key: 'a', operator: 'Exists', values: ['1'] },
              ],
              matchFields: [
                { key: 'spec.x', operator: 'Exists' },
                { key: 'metadata.name', operator: 'In' },
              ],
            },
          },
        ],
      },
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: '', namespaces: ['A'], matchLabelKeys: ['x'] },
          {
            topologyKey: 'zone',
            labelSelector: { matchLabels: { app: 'y' } },
            matchLabelKeys: ['app', 'x'],
            mismatchLabelKeys: ['x'],
          },
        ],
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: 'a b' } }],
      },
    },
    containers: [main],
  },
  'topology spread and tolerations': {
    topologySpreadConstraints: [
      {
        maxSkew: 0,
        topologyKey: 'zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        minDomains: 0,
        nodeTaintsPolicy: 'Maybe',
      },
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
      { maxSkew: 1, topologyKey: '', whenUnsatisfiable: 'Wait', matchLabelKeys: ['a'] },
    ],
    tolerations: [
      { key: 'a', operator: 'Gt', value: '5' },
      { key: 'a', value: 'a b' },
      { key: 'a', operator: 'Exists', value: 'b', effect: 'Never', tolerationSeconds: 1 },
    ],
    containers: [main],
  },
  'security contexts': {
    hostNetwork: true,
    hostUsers: false,
    hostPID: true,
    shareProcessNamespace: true,
    securityContext: {
      fsGroup: -1,
      supplementalGroups: [-1],
      sysctls: [
        { name: 'net.x', value: '1' },
        { name: 'a..b', value: '1' },
        { name: '', value: '1' },
      ],
      fsGroupChangePolicy: 'Never',
      seccompProfile: { type: 'Localhost' },
      appArmorProfile: { type: 'Localhost', localhostProfile: ' a' },
      supplementalGroupsPolicy: 'Some',
      seLinuxChangePolicy: 'MountOption',
    },
    containers: [
      {
        ...main,
        ports: [{ containerPort: 80, hostPort: 81 }],
        securityContext: {
          runAsUser: -1,
          procMount: 'Some',
          privileged: true,
          allowPrivilegeEscalation: false,
          capabilities: { add: ['CAP_SYS_ADMIN'] },
          seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' },
          appArmorProfile: { type: 'Other' },
        },
      },
    ],
  },
  windows: {
    os: { name: 'windows' },
    hostPID: true,
    securityContext: { runAsUser: 1, windowsOptions: { hostProcess: true, runAsUserName: 'a\\b\\c' } },
    containers: [
      {
        ...main,
        securityContext: {
          privileged: false,
          windowsOptions: {
            hostProcess: false,
            runAsUserName: 'bad?\\..',
            gmsaCredentialSpec: '',
            gmsaCredentialSpecName: 'A',
          },
        },
      },
    ],
  },
  'names and addresses': {
    hostname: 'a.b',
    subdomain: 'A',
    hostnameOverride: 'A',
    setHostnameAsFQDN: true,
    hostAliases: [{ ip: '1.2.3', hostnames: ['A'] }, { ip: '010.1.1.1' }],
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['::ffff:1.2.3.4', 'x', '1.1.1.1', '2.2.2.2'], searches: ['A', 'a-'], options: [{}] },
    readinessGates: [{ conditionType: 'a b' }],
    schedulingGates: [{ name: 'a' }, { name: 'a' }],
    nodeName: 'n',
    preemptionPolicy: 'Ask',
    os: { name: 'plan9' },
    ephemeralContainers: [{ name: 'a', image: 'x', targetContainerName: 'z', ports: [{ containerPort: 1 }] }],
    containers: [main],
  },
}

export const FAULTY_PODS: readonly Sample[] = Object.entries(SPECS).map(([what, spec]) => ({
  name: `faulty pod: ${what}`,
  path: PATH,
  object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'faulty', namespace: 'default' }, spec },
}))
