import { load } from 'js-yaml'
import { expect, test } from 'vitest'
import { writeKubeconfig } from '../../../runtime/apiserver/access/kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

test('writeKubeconfig() with a token names one context of one cluster and user', () => {
  expect(load(writeKubeconfig({ url: 'http://127.0.0.1:8080', token: 't' }))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'ostler',
    clusters: [{ name: 'ostler', cluster: { server: 'http://127.0.0.1:8080' } }],
    users: [{ name: 'admin', user: { token: 't' } }],
    contexts: [{ name: 'ostler', context: { cluster: 'ostler', user: 'admin' } }],
  })
})

test('writeKubeconfig() holds authority, certificate and key themselves', () => {
  const certificate = { certificate: 'CERT', privateKey: 'KEY' }
  expect(load(writeKubeconfig({ url: 'https://localhost:1', ca: 'CA', certificate, user: 'ann' }))).toMatchObject({
    clusters: [{ cluster: { 'certificate-authority-data': base64('CA') } }],
    users: [{ name: 'ann', user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') } }],
  })
})
