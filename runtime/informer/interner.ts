/** Strings above this are hardly ever the same twice. */
const MAX_LENGTH = 128

/** Answers an equal string that is held already, so that what repeats (namespaces, labels, kinds) is held once. */
export type Interner = (text: string) => string

/**
 * A pool of at most `maxStrings` strings. A full pool starts over: the strings in use stay as they are, only sharing begins
 * anew, so a label with a different value on each object costs nothing for good.
 */
export function createInterner(maxStrings = 2048): Interner {
  const pool = new Map<string, string>()
  return (text) => {
    if (text.length > MAX_LENGTH) return text
    const held = pool.get(text)
    if (held !== undefined) return held
    if (pool.size >= maxStrings) pool.clear()
    pool.set(text, text)
    return text
  }
}
