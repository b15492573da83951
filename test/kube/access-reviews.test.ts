import { expect, test } from 'vitest'
import { AccessReviews } from '../../runtime/kube/access-reviews.ts'
import { createFakeClock } from '../fake-clock.ts'
import { answer, statusOf } from './scripted-server.ts'
import { startBench } from './test-client.ts'

const access = { verb: 'get', group: 'apps', plural: 'deployments', subresource: 'scale', namespace: 'a', name: 'x' }
const asker = (as?: string) => ({ as, user: 'c', signal: new AbortController().signal })

test('AccessReviews asks as the identity, in the API server’s own terms', async () => {
  const { server, client } = await startBench((_, response) => answer(response, { status: { allowed: true } }, 201))
  const reviews = new AccessReviews(client, createFakeClock())
  expect(await reviews.isAllowed(asker('jane'), access)).toBe(true)
  const { url, headers, body } = server.requests[0] ?? {}
  expect(url).toBe('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')
  expect(headers?.['impersonate-user']).toBe('jane')
  const { plural: resource, ...rest } = access
  expect(JSON.parse(body ?? '')).toMatchObject({ spec: { resourceAttributes: { ...rest, resource } } })
  await reviews.isAllowed(asker(), { verb: 'get', path: '/version' })
  expect(JSON.parse(server.requests[1]?.body ?? '')).toMatchObject({
    spec: { nonResourceAttributes: { verb: 'get', path: '/version' } },
  })
})

test('AccessReviews shares an answer for 10 s, within one identity only, and never a failure', async () => {
  let code = 500
  const { server, client } = await startBench((_, response) =>
    code === 201 ? answer(response, { status: { allowed: false } }, code) : answer(response, statusOf(code, 'X'), code),
  )
  const clock = createFakeClock()
  const reviews = new AccessReviews(client, clock)
  await expect(reviews.isAllowed(asker(), access)).rejects.toMatchObject({ code: 500 })
  code = 201
  for (let i = 0; i < 3; i++) expect(await reviews.isAllowed(asker(), access)).toBe(false)
  expect(server.requests).toHaveLength(2)
  await reviews.isAllowed(asker('jane'), access)
  expect(server.requests).toHaveLength(3)
  await clock.advance(10_000)
  await reviews.isAllowed(asker(), access)
  expect(server.requests).toHaveLength(4)
})

test('AccessReviews.whoAmI() is the name, and undefined where the API server does not say', async () => {
  let isKnown = true
  const { client } = await startBench((_, response) =>
    isKnown
      ? answer(response, { status: { userInfo: { username: 'host' } } }, 201)
      : answer(response, statusOf(404, 'NotFound'), 404),
  )
  const reviews = new AccessReviews(client, createFakeClock())
  expect(await reviews.whoAmI(asker())).toBe('host')
  isKnown = false
  expect(await reviews.whoAmI(asker())).toBeUndefined()
})
