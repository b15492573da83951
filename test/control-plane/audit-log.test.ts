import { expect, test } from 'vitest'
import { auditPolicy, parseAuditLog } from './audit-log.ts'

const line = (auditID: string) => JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID })

test('parseAuditLog() drops a line torn by a killed server and keeps what the next server wrote behind it', () => {
  const text = `${line('a')}\n${line('b').slice(0, 60)}${line('c')}\n${line('d')}\n${line('e').slice(0, 20)}`
  expect(parseAuditLog(text).map(({ auditID }) => auditID)).toEqual(['a', 'c', 'd'])
})

test('auditPolicy() puts the chosen resources before the rule for everything else', () => {
  const resources = [{ group: 'x.dev', resources: ['trials'] }]
  const { rules } = JSON.parse(auditPolicy({ level: 'RequestResponse', resources })) as { rules: { level: string }[] }
  expect(rules.map(({ level }) => level)).toEqual(['None', 'RequestResponse', 'Metadata'])
})
