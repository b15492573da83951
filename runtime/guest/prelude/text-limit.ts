/** Bytes of one frame's text; the host's frame cap less its header, told with `load`. */
let maxBytes = 4 * 1024 * 1024 - 64

export const maxTextBytes = (): number => maxBytes

export function setMaxTextBytes(bytes: number): void {
  if (bytes > 0) maxBytes = bytes
}
