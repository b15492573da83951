import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chosenServer } from './assets.ts'

let assets: string

beforeAll(() => {
  assets = mkdtempSync(join(tmpdir(), 'assets-'))
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) writeFileSync(join(assets, name), '')
})

afterAll(() => rmSync(assets, { recursive: true }))

test('chosenServer() is the real one where there is one, else the embedded one', () => {
  expect(chosenServer({ KUBEBUILDER_ASSETS: assets })).toBe('real')
  expect(chosenServer({})).toBe('embedded')
})

test('chosenServer() follows OSTLER_CONTROL_PLANE, and refuses what cannot be', () => {
  expect(chosenServer({ KUBEBUILDER_ASSETS: assets, OSTLER_CONTROL_PLANE: 'embedded' })).toBe('embedded')
  expect(() => chosenServer({ OSTLER_CONTROL_PLANE: 'real' })).toThrow('KUBEBUILDER_ASSETS is not set')
  expect(() => chosenServer({ OSTLER_CONTROL_PLANE: 'reel' })).toThrow('neither "real" nor "embedded"')
})
