import { asks, type Case, del, get, patch, post } from '../case.ts'
import { type Said, saying } from '../webhook-server.ts'
import { configured, made, make, map, maps } from './webhooks.ts'

const ask = asks(6)

/** One case of each kind of webhook, which answers so when a ConfigMap is created. */
const answers = (kind: 'Validating' | 'Mutating', feature: string, said: Said, extra: object = {}): Case =>
  ask(
    'create',
    'configmaps',
    `a ${kind.toLowerCase()} webhook answers ${feature}`,
    ...configured({ path: saying(said), kind, extra }),
    make,
  )
const validating = (feature: string, said: Said, extra?: object) => answers('Validating', feature, said, extra)
const mutating = (feature: string, said: Said, extra?: object) => answers('Mutating', feature, said, extra)
const IGNORE = { failurePolicy: 'Ignore' }
const VALUES: Readonly<Record<string, string | number>> = {
  deletionTimestamp: '2020-01-01T00:00:00Z',
  creationTimestamp: '2020-01-01T00:00:00Z',
  generation: 5,
}
const encoded = (text: string) => Buffer.from(text).toString('base64')

const unusable: Case[] = [
  validating('another uid', { response: { uid: 'x' } }),
  validating('no uid', { response: { uid: null } }),
  validating('no response', { review: { response: null } }),
  validating('an empty response', { review: { response: {} } }),
  validating('in v1beta1', { review: { apiVersion: 'admission.k8s.io/v1beta1' } }),
  validating('in a version of nobody', { review: { apiVersion: 'x/v9' } }),
  validating('another kind', { review: { kind: 'Nonsense' } }),
  validating('nothing', { text: '' }),
  validating('an array', { text: '[]' }),
  validating('null', { text: 'null' }),
  validating('a number', { text: '7' }),
  validating('half a review', { text: '{"kind":"AdmissionReview","apiVersion":' }),
  validating('a type that is wrong', { response: { allowed: 'yes' } }),
  validating('warnings of a wrong type', { response: { warnings: 'x' } }),
  validating('YAML', { text: 'kind: AdmissionReview\napiVersion: admission.k8s.io/v1\nresponse: {allowed: true}\n' }),
  validating('204', { code: 204, text: '' }),
  validating('206 with a review', { code: 206 }),
  validating('a redirect to nowhere', { code: 302, text: '' }),
  validating('400 in words', { code: 400, text: 'bad, bad' }),
  validating('401', { code: 401, text: 'who are you' }),
  validating('403 in words', { code: 403, text: 'you may not' }),
  validating('404 in words', { code: 404, text: '404 page not found' }),
  validating('409', { code: 409, text: '' }),
  validating('422 with a Status', {
    code: 422,
    text: '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"own words","reason":"Invalid","code":422}',
  }),
  validating('429', { code: 429, text: 'later' }),
  validating('500 without words', { code: 500, text: '' }),
  validating('503', { code: 503, text: 'not now' }),
  validating('another uid, failurePolicy Ignore', { response: { uid: 'x' } }, IGNORE),
  validating('half a review, failurePolicy Ignore', { text: '{' }, IGNORE),
  validating('404, failurePolicy Ignore', { code: 404, text: '' }, IGNORE),
  validating('no and failurePolicy Ignore', { response: { allowed: false } }, IGNORE),
]

const verdicts: Case[] = [
  validating('no with a reason alone', { response: { allowed: false, status: { reason: 'Conflict' } } }),
  validating('no with code 200', { response: { allowed: false, status: { code: 200, message: 'm' } } }),
  validating('no with code 302', { response: { allowed: false, status: { code: 302, message: 'm' } } }),
  validating('no with code 599', { response: { allowed: false, status: { code: 599, message: 'm' } } }),
  validating('no with details', {
    response: {
      allowed: false,
      status: {
        message: 'm',
        code: 422,
        reason: 'Invalid',
        details: { name: 'n', kind: 'k', causes: [{ field: 'a.b', message: 'c', reason: 'FieldValueInvalid' }] },
      },
    },
  }),
  validating('no with retryAfterSeconds', {
    response: { allowed: false, status: { message: 'm', code: 429, details: { retryAfterSeconds: 3 } } },
  }),
  validating('no and warns', { response: { allowed: false, warnings: ['first'] } }),
  validating('yes with a status', { response: { status: { message: 'm', code: 500 } } }),
  validating('audit annotations', { response: { auditAnnotations: { a: 'b' } } }),
  validating('a long warning', { response: { warnings: ['w'.repeat(300)] } }),
  validating('many long warnings', {
    response: { warnings: Array.from({ length: 30 }, (_, i) => `${i} ${'w'.repeat(200)}`) },
  }),
  validating('a warning of several lines', { response: { warnings: ['a\nb\r\nc\td', '', 'ü ☃'] } }),
  validating('one warning twice', { response: { warnings: ['w', 'w'] } }),
]

const patches: Case[] = [
  mutating('a patch without a type', { response: { patch: encoded('[]') } }),
  mutating('a type without a patch', { response: { patchType: 'JSONPatch' } }),
  mutating('a patch of another type', { operations: [], response: { patchType: 'MergePatch' } }),
  mutating('a patch that is no base64', { response: { patch: '!', patchType: 'JSONPatch' } }),
  mutating('a patch that is no JSON', { response: { patch: encoded('{'), patchType: 'JSONPatch' } }),
  mutating('a patch that is no list', { response: { patch: encoded('{}'), patchType: 'JSONPatch' } }),
  mutating('a patch that is null', { response: { patch: encoded('null'), patchType: 'JSONPatch' } }),
  mutating('a patch of nothing', { operations: [] }),
  mutating('a patch that is no list, failurePolicy Ignore', { operations: {} }, IGNORE),
  mutating('a patch that does not fit, failurePolicy Ignore', { operations: [{ op: 'remove', path: '/x/y' }] }, IGNORE),
  mutating('a patch of an unknown operation', { operations: [{ op: 'jump', path: '/data' }] }),
  mutating('a patch without a path', { operations: [{ op: 'add', value: 1 }] }),
  mutating('a test that fails', { operations: [{ op: 'test', path: '/data/a', value: 'c' }] }),
  mutating('a test that holds', { operations: [{ op: 'test', path: '/data/a', value: 'b' }] }),
  mutating('moves and copies', {
    operations: [
      { op: 'copy', from: '/data/a', path: '/data/c' },
      { op: 'move', from: '/data/a', path: '/data/d' },
    ],
  }),
  mutating('a removal of what is not there', { operations: [{ op: 'remove', path: '/data/x' }] }),
  mutating('another name', { operations: [{ op: 'replace', path: '/metadata/name', value: 'z' }] }),
  mutating('another namespace', { operations: [{ op: 'add', path: '/metadata/namespace', value: 'z' }] }),
  mutating('another kind', { operations: [{ op: 'replace', path: '/kind', value: 'Nonsense' }] }),
  mutating('another apiVersion', { operations: [{ op: 'replace', path: '/apiVersion', value: 'v2' }] }),
  mutating('another uid of the object', { operations: [{ op: 'add', path: '/metadata/uid', value: 'own' }] }),
  mutating('a resource version', { operations: [{ op: 'add', path: '/metadata/resourceVersion', value: '5' }] }),
  mutating('an unknown field', { operations: [{ op: 'add', path: '/unknown', value: 1 }] }),
  mutating('a value of a wrong type', { operations: [{ op: 'add', path: '/data/a', value: 1 }] }),
  mutating('an object that is not valid', { operations: [{ op: 'add', path: '/data/a b', value: 'x' }] }),
  mutating('null for the whole', { operations: [{ op: 'replace', path: '', value: null }] }),
  mutating('an empty object for the whole', { operations: [{ op: 'replace', path: '', value: {} }] }),
  mutating('a finalizer', { operations: [{ op: 'add', path: '/metadata/finalizers', value: ['a.b/c'] }] }),
  ...['name', 'namespace', 'uid', 'resourceVersion', 'deletionTimestamp', 'creationTimestamp', 'generation'].map(
    (field) =>
      ask(
        'update',
        'configmaps',
        `a mutating webhook answers another ${field}`,
        ...configured({
          path: saying({ operations: [{ op: 'add', path: `/metadata/${field}`, value: VALUES[field] ?? '5' }] }),
          kind: 'Mutating',
          operations: ['UPDATE'],
        }),
        made,
        patch('merge', `${maps}/a`, { data: { x: 'y' } }),
        get(`${maps}/a`),
      ),
  ),
  ask(
    'delete',
    'configmaps',
    'a mutating webhook answers a patch',
    ...configured({
      path: saying({ operations: [{ op: 'add', path: '/data/x', value: 'y' }] }),
      kind: 'Mutating',
      operations: ['DELETE'],
    }),
    made,
    del(`${maps}/a`),
    get(`${maps}/a`),
  ),
  ask(
    'delete',
    'configmaps',
    'a mutating webhook answers an empty patch',
    ...configured({ path: saying({ operations: [] }), kind: 'Mutating', operations: ['DELETE'] }),
    made,
    del(`${maps}/a`),
  ),
  ask(
    'create',
    'configmaps',
    'a generated name and a mutating webhook that gives another',
    ...configured({
      path: saying({ operations: [{ op: 'add', path: '/metadata/labels/x', value: 'y' }] }),
      kind: 'Mutating',
    }),
    post(maps, { ...map('a'), metadata: { generateName: 'a-', labels: { of: 'x' } } }),
  ),
]

export const webhookAnswers: readonly Case[] = [...unusable, ...verdicts, ...patches]
