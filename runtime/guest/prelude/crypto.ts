import { DOMException } from './dom-exception.ts'
import { askOuter } from './outer.ts'
import { PrimordialNumber, PrimordialString, PrimordialUint8Array, sliceString } from './primordials.ts'

/** The web's own limit. */
const MAX_RANDOM_BYTES = 65_536

/** The part of Web Crypto that needs no keys; randomness comes from the outside. */
export const crypto = {
  getRandomValues<T extends ArrayBufferView>(view: T): T {
    if (!ArrayBuffer.isView(view) || view instanceof Float32Array || view instanceof Float64Array)
      throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError')
    if (view.byteLength > MAX_RANDOM_BYTES)
      throw new DOMException(`${view.byteLength} bytes were asked, at most ${MAX_RANDOM_BYTES}`, 'QuotaExceededError')
    const hex = askOuter('random', 0, PrimordialString(view.byteLength)) as string
    const bytes = new PrimordialUint8Array(view.buffer, view.byteOffset, view.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = PrimordialNumber(`0x${sliceString(hex, 2 * i, 2 * i + 2)}`)
    return view
  },
  randomUUID(): string {
    return askOuter('uuid', 0, '') as string
  },
}
