import type { Schema } from './schema.ts'

const TEXT: Schema = { type: 'string' }
const NUMBER: Schema = { type: 'integer', format: 'int64' }
const TEXTS: Schema = { type: 'object', additionalProperties: TEXT }
const TIME: Schema = { type: 'string', format: 'date-time', nullable: true }
const ANY: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** meta.k8s.io/v1 ObjectMeta, which is the same for all kinds whatever their schema says: what there is, and how it is merged. */
export const OBJECT_META: Schema = {
  type: 'object',
  properties: {
    name: TEXT,
    generateName: TEXT,
    namespace: TEXT,
    selfLink: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    generation: NUMBER,
    creationTimestamp: TIME,
    deletionTimestamp: TIME,
    deletionGracePeriodSeconds: NUMBER,
    labels: TEXTS,
    annotations: TEXTS,
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: {
          apiVersion: TEXT,
          kind: TEXT,
          name: TEXT,
          uid: TEXT,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    finalizers: { type: 'array', 'x-kubernetes-list-type': 'set', items: TEXT },
    managedFields: {
      type: 'array',
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        properties: {
          manager: TEXT,
          operation: TEXT,
          apiVersion: TEXT,
          time: TIME,
          fieldsType: TEXT,
          fieldsV1: ANY,
          subresource: TEXT,
        },
      },
    },
  },
}
