/** What cannot be read; the words are for the caller to wrap. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody'
}
