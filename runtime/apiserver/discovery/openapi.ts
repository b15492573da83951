import { parseAccept } from '../http/accept.ts'
import { type Answer, NO_CACHE } from '../http/answer.ts'
import { type DiscoveryRequest, emptyAnswer, hashOf, pageNotFound } from './answer.ts'
import type { ApiGroup, ApiGroupVersion } from './api-groups.ts'
import { openApiV2 } from './openapi-v2.ts'
import { encodeOpenApiV2, OPENAPI_V2_PROTOBUF } from './openapi-v2-protobuf.ts'
import { openApiV3 } from './openapi-v3.ts'

interface Document {
  /** What it was made of: these very objects. */
  readonly madeOf: ApiGroupVersion['resources']
  readonly body: string
  readonly hash: string
}

/**
 * `/openapi/v2` and `/openapi/v3`, made when asked for and kept until the resources that they are made of change.
 * Without descriptions for built-in kinds; with those that custom resources have.
 */
export class OpenApi {
  readonly #groups: () => readonly ApiGroup[]
  /** By `api/v1`, `apis/GROUP/VERSION`; at most one for each group version that is served. */
  #documents = new Map<string, Document>()
  #v2: { groups: readonly ApiGroup[]; body: string; hash: string } | undefined

  constructor(groups: () => readonly ApiGroup[]) {
    this.#groups = groups
  }

  answer(request: DiscoveryRequest, [version, ...rest]: readonly string[]): Answer {
    if (version === 'v2' && rest.length === 0) return this.#answerV2(request)
    if (version !== 'v3') return pageNotFound()
    return rest.length === 0 ? this.#answerIndex() : this.#answerDocument(request, rest.join('/'))
  }

  #answerV2(request: DiscoveryRequest): Answer {
    const isProtobuf = !acceptsJson(request) && acceptsProtobuf(request)
    if (!isProtobuf && !acceptsJson(request)) return emptyAnswer(406)
    const groups = this.#groups()
    if (this.#v2?.groups !== groups) {
      const body = JSON.stringify(openApiV2(groups))
      this.#v2 = { groups, body, hash: hashOf(body) }
    }
    if (this.#v2.hash === unquote(request.ifNoneMatch)) return emptyAnswer(304, { etag: `"${this.#v2.hash}"` })
    const answer = documentAnswer(this.#v2)
    if (!isProtobuf) return answer
    const headers = { ...answer.headers, 'content-type': OPENAPI_V2_PROTOBUF }
    // Made anew each time: it is asked for once by a client that has met a kind it does not know.
    return { ...answer, headers, body: encodeOpenApiV2(JSON.parse(this.#v2.body) as object) }
  }

  #answerIndex(): Answer {
    const entries = [...this.#current()].map(([path, { hash }]) => [
      path,
      { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` },
    ])
    const body = JSON.stringify({ paths: Object.fromEntries(entries) })
    // Go sniffs this type; clients read it as JSON all the same.
    return { code: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
  }

  #answerDocument(request: DiscoveryRequest, path: string): Answer {
    const document = this.#current().get(path)
    if (document === undefined) return emptyAnswer(404)
    if (!acceptsJson(request)) return emptyAnswer(406)
    const etag = `"${document.hash}"`
    const hash = request.query.get('hash')
    if (hash !== null && hash !== document.hash) {
      return emptyAnswer(301, { etag, location: `/openapi/v3/${path}?hash=${document.hash}` })
    }
    if (unquote(request.ifNoneMatch) === document.hash) return emptyAnswer(304, { etag })
    const answer = documentAnswer(document)
    if (hash === null) return answer
    return { ...answer, headers: { ...answer.headers, 'cache-control': 'public, immutable' } }
  }

  #current(): ReadonlyMap<string, Document> {
    const versions = this.#groups().flatMap(({ versions }) => versions)
    const old = this.#documents
    this.#documents = new Map(
      versions.map((each) => {
        const path = each.group === '' ? `api/${each.version}` : `apis/${each.group}/${each.version}`
        const known = old.get(path)
        return [path, known !== undefined && isSame(known.madeOf, each.resources) ? known : makeDocument(each)]
      }),
    )
    return this.#documents
  }
}

function makeDocument(version: ApiGroupVersion): Document {
  const body = JSON.stringify(openApiV3(version))
  return { madeOf: version.resources, body, hash: hashOf(body) }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i])
}

function documentAnswer({ body, hash }: { body: string; hash: string }): Answer {
  const headers = {
    ...NO_CACHE,
    'content-type': 'application/json',
    etag: `"${hash}"`,
    vary: 'Accept',
  }
  return { code: 200, headers, body }
}

/** Both documents' own idea of JSON: with no parameters that ask for another form. */
function acceptsJson({ accept }: DiscoveryRequest): boolean {
  return parseAccept(accept).some(({ type }) => ['application/json', 'application/*', '*/*'].includes(type))
}

/** By its name of old too, in which the @ is none for a media type. */
function acceptsProtobuf({ accept }: DiscoveryRequest): boolean {
  return parseAccept(accept).some(({ type }) => type.replace('@', '.') === OPENAPI_V2_PROTOBUF)
}

function unquote(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', '')
}
