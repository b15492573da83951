import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificateAuthority } from '../../../runtime/apiserver/access/certificate-authority.ts'
import type { Review } from '../../../runtime/apiserver/admission/webhooks/admission-review.ts'

/** What a path answers: a response for the AdmissionReview, a whole text, or nothing at all. */
export type Answer = (
  review: Review,
) => { response: object; apiVersion?: string } | { code: number; text: string } | 'never' | 'reset'

export interface WebhookServer extends AsyncDisposable {
  readonly ca: string
  readonly origin: string
  /** Of one path, in the order of their coming. */
  reviews(path: string): Review[]
}

/** An HTTPS server on loopback with an authority of its own. */
export async function startWebhookServer(answers: Readonly<Record<string, Answer>>): Promise<WebhookServer> {
  const authority = createCertificateAuthority()
  const { certificate: cert, privateKey: key } = authority.issueServer(['127.0.0.1'])
  const seen: { path: string; review: Review }[] = []
  const server: Server = createServer({ cert, key }, async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const review = JSON.parse(text) as Review
    seen.push({ path, review })
    const answer = answers[path]?.(review) ?? { code: 404, text: 'page not found' }
    if (answer === 'never') return
    if (answer === 'reset') return request.socket.destroy()
    if ('text' in answer) return response.writeHead(answer.code).end(answer.text)
    const { response: inner, apiVersion = 'admission.k8s.io/v1' } = answer
    const { uid } = review.request
    response.end(JSON.stringify({ kind: 'AdmissionReview', apiVersion, response: { uid, ...inner } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ca: authority.certificate,
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reviews: (path) => seen.filter((each) => each.path === path).map(({ review }) => review),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

export const allow: Answer = () => ({ response: { allowed: true } })

export function patchWith(...operations: object[]): Answer {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
  return () => ({ response: { allowed: true, patchType: 'JSONPatch', patch } })
}
