import { expect, test } from 'vitest'
import { decodeProtobuf } from '../../../runtime/apiserver/http/protobuf.ts'

/** What kubectl 1.36 sends. */
const SENT = {
  // kubectl create deployment web --image=nginx:1 --replicas=0 --port=80
  deployment:
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EroBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEogBCAASDAoKCgNhcHASA3dlYhpuChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEk4SMAoFbmdpbngSB25naW54OjEqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==',
  // kubectl create secret generic s --from-literal=p=q
  secret: 'azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAXASAXEaABoAIgA=',
  // kubectl create service clusterip web --tcp=80:8080
  service:
    'azhzAAoNCgJ2MRIHU2VydmljZRJpCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEkIKGwoHODAtODA4MBIDVENQGFAiBwgAEJA/GgAoABIKCgNhcHASA3dlYhoAIglDbHVzdGVySVA6AEIAUgBaAGAAaAAaAgoAGgAiAA==',
  // kubectl create quota q --hard=cpu=1,pods=2
  quota: 'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRIwChEKAXESABoAIgAqADIAOABCABIZCgoKA2NwdRIDCgExCgsKBHBvZHMSAwoBMhoAGgAiAA==',
}

const decode = (text: string) => decodeProtobuf(Buffer.from(text, 'base64'))

test('decodeProtobuf() reads a Deployment, with the zero that was asked for and none of those that were not', () => {
  expect(decode(SENT.deployment)).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      strategy: {},
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'nginx', image: 'nginx:1', ports: [{ containerPort: 80 }], resources: {} }] },
      },
    },
    status: {},
  })
})

test('decodeProtobuf() reads bytes as base64', () => {
  expect(decode(SENT.secret)).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { p: 'cQ==' },
  })
})

test('decodeProtobuf() reads an int-or-string as what it is', () => {
  const { spec } = decode(SENT.service)
  expect(spec).toMatchObject({ ports: [{ name: '80-8080', protocol: 'TCP', port: 80, targetPort: 8080 }] })
})

test('decodeProtobuf() reads quantities as texts', () => {
  expect(decode(SENT.quota)).toMatchObject({ spec: { hard: { cpu: '1', pods: '2' } } })
})

test('decodeProtobuf() refuses what is no such message, and one that is cut off', () => {
  expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('does not appear to be a protobuf message')
  const whole = Buffer.from(SENT.deployment, 'base64')
  expect(() => decodeProtobuf(whole.subarray(0, whole.length - 20))).toThrow('unexpected EOF')
})

test('decodeProtobuf() names a kind whose fields it does not know', () => {
  const unknown = Buffer.concat([
    Buffer.from([0x6b, 0x38, 0x73, 0, 0x0a, 9, 0x0a, 2]),
    Buffer.from('v9'),
    Buffer.from([0x12, 3]),
    Buffer.from('Foo'),
  ])
  expect(() => decodeProtobuf(unknown)).toThrow('does not imitate protobuf bodies of v9 Foo')
})
