import { expect, test } from 'vitest'
import type { AdmissionRequest } from '../../../runtime/apiserver/admission/admission.ts'
import { refuseNotImitated } from '../../../runtime/apiserver/admission/not-imitated.ts'

const request = {
  operation: 'CREATE',
  resource: { group: 'apiregistration.k8s.io', plural: 'apiservices' },
  warn: () => {},
} as unknown as AdmissionRequest
const apiService = (spec: object) => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1.example.com' },
  spec,
})

test('refuseNotImitated() refuses an APIService behind a Service, not one that is served here', () => {
  const service = { namespace: 'default', name: 'extension' }
  expect(() => refuseNotImitated(request, apiService({ service }))).toThrow(expect.objectContaining({ code: 501 }))
  expect(() => refuseNotImitated(request, apiService({ service: null }))).not.toThrow()
})
