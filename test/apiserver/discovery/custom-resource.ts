import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'

const SCHEMA: Schema = {
  type: 'object',
  description: 'A demo of a thing',
  properties: {
    spec: {
      type: 'object',
      description: 'What is wanted',
      properties: {
        text: { type: 'string', description: 'Some text', default: 'hi' },
        port: { 'x-kubernetes-int-or-string': true },
      },
    },
  },
}

/** `demos` of a group, as a definition would bring it. */
export function customResource(group: string, version: string): ApiResource {
  return {
    group,
    version,
    kind: 'Demo',
    listKind: 'DemoList',
    plural: 'demos',
    singular: 'demo',
    namespaced: true,
    shortNames: ['dm'],
    categories: [],
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    subresources: new Map([
      ['status', { kind: 'Demo', verbs: ['get', 'patch', 'update'] }],
      ['scale', { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] }],
    ]),
    storage: `${group}/demos`,
    storageApiVersion: `${group}/${version}`,
    schema: SCHEMA,
    columns: [],
    strategy: { hasGeneration: true, hasStatus: true },
    isCustom: true,
    selectableFields: {},
  }
}
