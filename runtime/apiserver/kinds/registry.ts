import type { ApiResource } from './api-resource.ts'

/** All resources that are served: the built-in ones from the start, custom ones as their definitions come and go. */
export class Registry {
  /** By `group/version/plural`. */
  readonly #resources = new Map<string, ApiResource>()
  readonly #listeners = new Set<() => void>()
  #generation = 0

  /** Grows with every change: what was made of the resources before is old. */
  get generation(): number {
    return this.#generation
  }

  find(group: string, version: string, plural: string): ApiResource | undefined {
    return this.#resources.get(`${group}/${version}/${plural}`)
  }

  findKind(group: string, version: string, kind: string): ApiResource | undefined {
    return this.list().find((each) => each.group === group && each.version === version && each.kind === kind)
  }

  /** In the order of their addition. */
  list(): ApiResource[] {
    return [...this.#resources.values()]
  }

  /** Replaces what was served under the same group, version and plural. */
  set(resources: readonly ApiResource[]): void {
    for (const each of resources) this.#resources.set(`${each.group}/${each.version}/${each.plural}`, each)
    this.#changed()
  }

  /** Takes out all versions of a resource but those to keep. */
  remove(group: string, plural: string, keepVersions: readonly string[] = []): void {
    for (const [id, each] of this.#resources) {
      if (each.group === group && each.plural === plural && !keepVersions.includes(each.version))
        this.#resources.delete(id)
    }
    this.#changed()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    this.#generation++
    for (const listener of this.#listeners) listener()
  }
}
