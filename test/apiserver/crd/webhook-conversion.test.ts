import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { convertByWebhook } from '../../../runtime/apiserver/crd/webhook-conversion.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: ApiObject[] }
}

/** A webhook on loopback; answers its URL. */
async function serve(answer: (review: Review) => object | string, code = 200): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const given = answer(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(code).end(typeof given === 'string' ? given : JSON.stringify(given))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/convert`
}

const OBJECT: ApiObject = {
  apiVersion: 'example.com/v1',
  kind: 'Demo',
  metadata: { name: 'a', namespace: 'x', uid: 'u', labels: { old: '1' } },
  spec: { size: 1 },
}

function convert(url: string): Promise<ApiObject> {
  const webhook = { clientConfig: { url }, conversionReviewVersions: ['v1'], resolveService: () => undefined }
  return convertByWebhook(webhook, OBJECT, 'example.com/v2')
}

function review(uid: string, convertedObjects: unknown[], result: object = { status: 'Success' }): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'ConversionReview',
    response: { uid, convertedObjects, result },
  }
}

test('convertByWebhook() takes over what the webhook makes, but of metadata only labels and annotations', async () => {
  const url = await serve(({ request: { uid, desiredAPIVersion, objects } }) =>
    review(
      uid,
      objects.map((each) => ({
        ...each,
        apiVersion: desiredAPIVersion,
        metadata: { ...each.metadata, labels: { new: '2' }, finalizers: ['added'] },
        spec: { count: 1 },
      })),
    ),
  )
  expect(await convert(url)).toEqual({
    ...OBJECT,
    apiVersion: 'example.com/v2',
    metadata: { name: 'a', namespace: 'x', uid: 'u', labels: { new: '2' } },
    spec: { count: 1 },
  })
})

test.each<readonly [string, (review: Review) => object, string]>([
  [
    'says no',
    ({ request }) => review(request.uid, [], { status: 'Failure', message: 'not today' }),
    'failed: not today',
  ],
  ['answers another request', () => review('other', []), 'failed: expected response.uid='],
  ['answers nothing', ({ request }) => review(request.uid, []), 'returned 0 objects, expected 1'],
  [
    'keeps the version',
    ({ request }) => review(request.uid, request.objects),
    'invalid groupVersion (expected example.com/v2, received example.com/v1)',
  ],
  [
    'renames the object',
    ({ request }) => review(request.uid, [{ ...OBJECT, apiVersion: 'example.com/v2', metadata: { name: 'b' } }]),
    'must have the same name: a != b',
  ],
])('convertByWebhook() fails when the webhook %s', async (_, answer, message) => {
  await expect(convert(await serve(answer))).rejects.toThrow(message)
})

const CONVERTED = { ...OBJECT, apiVersion: 'example.com/v2' }
const withMetadata = (more: object) => ({ ...CONVERTED, metadata: { ...CONVERTED.metadata, ...more } })

/** As kube-apiserver 1.36 answers; asked of it. */
test.each<readonly [unknown, string]>([
  ['x', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
  [null, 'unexpected end of JSON input'],
  [{ ...CONVERTED, metadata: undefined }, 'returned invalid object: must have the same name: a != '],
  [{ ...CONVERTED, apiVersion: undefined }, 'invalid groupVersion (expected example.com/v2, received )'],
  [withMetadata({ labels: { a: 1 } }), 'metadata.labels[a] must be a string, but is int64 in converted object'],
  [withMetadata({ labels: 'x' }), 'invalid metadata.labels of type string in converted object'],
  [
    withMetadata({ labels: { 'a b': 'c' } }),
    'returned invalid metadata: metadata.labels: Invalid value: "a b": name part',
  ],
  [withMetadata({ annotations: { 'a b': 'c' } }), 'metadata.annotation: Invalid value: "a b": name part'],
])('convertByWebhook() does not take %j for the converted object: %s', async (object, message) => {
  await expect(convert(await serve(({ request }) => review(request.uid, [object])))).rejects.toThrow(message)
})

test.each<readonly [number, object | string, string]>([
  [500, 'out of order', 'an error on the server ("out of order") has prevented the request from succeeding'],
  [404, { kind: 'Status', message: 'gone for good' }, 'failed: gone for good'],
  [200, '', '0-length response with status code: 200'],
  [200, 'no json', "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value"],
  [200, { ...review('', []), kind: 'AdmissionReview' }, 'no kind "AdmissionReview" is registered for version'],
  [
    200,
    { ...review('', []), apiVersion: 'apiextensions.k8s.io/v1beta1' },
    'converting (v1beta1.ConversionReview) to (v1.ConversionReview): unknown conversion',
  ],
])('convertByWebhook() fails at an answer %i %j: %s', async (code, answer, message) => {
  await expect(convert(await serve(() => answer, code))).rejects.toThrow(message)
})

test('convertByWebhook() fails when a service cannot be resolved', async () => {
  const service = { namespace: 'x', name: 'converter' }
  const webhook = { clientConfig: { service }, conversionReviewVersions: ['v1'], resolveService: () => undefined }
  await expect(convertByWebhook(webhook, OBJECT, 'example.com/v2')).rejects.toThrow('has no cluster network')
})
