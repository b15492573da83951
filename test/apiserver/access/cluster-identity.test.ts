import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { clusterIdentity } from '../../../runtime/apiserver/access/cluster-identity.ts'

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ostler-identity-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('clusterIdentity() of a folder is the same the second time', () => {
  const folder = createFolder()
  expect(clusterIdentity(folder)).toEqual(clusterIdentity(folder))
})

test('clusterIdentity() that is damaged is refused by the name of its file, and not replaced', () => {
  const folder = createFolder()
  writeFileSync(join(folder, 'identity.json'), '{"ca":')
  const refused = /^"identity\.json" is damaged; delete it for a new identity/
  expect(() => clusterIdentity(folder)).toThrow(refused)
  expect(() => clusterIdentity(folder)).toThrow(refused)
})
