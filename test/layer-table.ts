/** What the composition root and its two parts may use. */
const HOSTED = [
  'controller',
  'broker',
  'informer',
  'kube',
  'sandbox',
  'queue',
  'config',
  'observe',
  'util',
  'errors.ts',
]

/** Allowed edges between the layers of runtime/, in full; runtime/README.md shows them. `x:types`: only `import type`. */
export const ALLOWED: Record<string, readonly string[]> = {
  util: ['errors.ts'],
  'errors.ts': [],
  queue: ['util', 'errors.ts'],
  sandbox: ['guest', 'util', 'errors.ts'],
  guest: [],
  kube: ['util', 'errors.ts'],
  informer: ['kube', 'util', 'errors.ts'],
  config: ['kube:types', 'util', 'errors.ts'],
  observe: ['util', 'errors.ts'],
  broker: ['kube', 'informer', 'config:types', 'util', 'errors.ts'],
  leaderelection: ['kube', 'util', 'errors.ts'],
  controller: [
    'queue',
    'informer',
    'broker',
    'sandbox:types',
    'config:types',
    'index.ts:types',
    'kube',
    'util',
    'errors.ts',
  ],
  hosting: ['leaderelection', ...HOSTED],
  'host.ts': ['hosting', ...HOSTED],
  tools: ['host.ts', 'controller', 'kube', 'config', 'sandbox', 'util', 'errors.ts'],
  cli: ['tools', 'host.ts', 'config', 'kube', 'observe', 'util', 'errors.ts'],
  'index.ts': ['guest', 'util:types'],
}
