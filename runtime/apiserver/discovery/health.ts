import type { Answer } from '../http/answer.ts'
import { pageNotFound, textAnswer } from './answer.ts'

/** One thing that must hold for the server to be healthy. */
export interface HealthCheck {
  readonly name: string
  isHealthy(): boolean
}

const PING: HealthCheck = { name: 'ping', isHealthy: () => true }

/**
 * `/healthz`, `/livez`, `/readyz`, and below them one check by its name. Only checks of this server's own are listed, none
 * of the names that kube-apiserver's parts have there.
 * source: apiserver pkg/server/healthz/healthz.go
 */
export function answerHealth(path: string, query: URLSearchParams, furtherChecks: readonly HealthCheck[]): Answer {
  const [root = '', ...rest] = path.split('/').slice(1)
  const checks = [PING, ...furtherChecks]
  if (rest.length === 0) return answerAll(root, query, checks)
  const check = checks.find(({ name }) => name === rest.join('/'))
  if (check === undefined) return pageNotFound()
  return check.isHealthy() ? textAnswer(200, 'ok') : textAnswer(500, 'internal server error: not healthy\n')
}

function answerAll(root: string, query: URLSearchParams, checks: readonly HealthCheck[]): Answer {
  const excluded = new Set(query.getAll('exclude'))
  const results = checks.map((check) => ({
    name: check.name,
    isExcluded: excluded.has(check.name),
    isHealthy: excluded.has(check.name) || check.isHealthy(),
  }))
  const lines = results.map(({ name, isExcluded, isHealthy }) =>
    isHealthy ? `[+]${name} ${isExcluded ? 'excluded: ok' : 'ok'}\n` : `[-]${name} failed: reason withheld\n`,
  )
  const unknown = [...excluded].filter((name) => !checks.some((check) => check.name === name)).sort()
  if (unknown.length > 0) {
    const names = unknown.map((name) => `"${name}"`).join(',')
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}\n`)
  }
  if (results.some(({ isHealthy }) => !isHealthy)) return textAnswer(500, `${lines.join('')}${root} check failed\n`)
  return textAnswer(200, query.has('verbose') ? `${lines.join('')}${root} check passed\n` : 'ok')
}
