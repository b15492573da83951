/** kube-apiserver's; beyond the first, each text is cut to the second. In characters. */
const MAX_CHARACTERS = 4 * 1024
const MAX_CHARACTERS_OF_ONE = 256

/**
 * What a client is warned of, each text once. Those that are empty or have control characters are left out.
 * source: apiserver pkg/endpoints/filters/warning.go
 */
export class Warnings {
  readonly #texts = new Set<string>()

  add(text: string): void {
    // More would not be sent: each is a character at least.
    if (text !== '' && !/\p{Cc}/u.test(text) && this.#texts.size < MAX_CHARACTERS) this.#texts.add(text)
  }

  /** One header with all of them, as HTTP allows; undefined: none. As UTF-8, whose bytes Node.js takes as Latin 1. */
  get header(): string | undefined {
    const texts = this.#sent()
    if (texts.length === 0) return undefined
    const header = texts.map((text) => `299 - "${text.replace(/["\\]/g, '\\$&')}"`).join(', ')
    return Buffer.from(header).toString('latin1')
  }

  #sent(): string[] {
    const texts = [...this.#texts].map((text) => [...text])
    const isTooMuch = texts.reduce((sum, { length }) => sum + length, 0) > MAX_CHARACTERS
    if (!isTooMuch) return [...this.#texts]
    const sent: string[] = []
    let characters = 0
    for (const text of texts) {
      if (characters >= MAX_CHARACTERS) break
      const cut = text.slice(0, MAX_CHARACTERS_OF_ONE)
      characters += cut.length
      sent.push(cut.join(''))
    }
    return sent
  }
}
