/** `127.0.0.1`, `::1`, and the first as IPv6 sockets see it. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  return /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address) || address === '::1'
}

/** True of a Host header that names this machine to itself: a page of a foreign host, by DNS rebinding, has another. */
export function isLoopbackHost(header: string | undefined): boolean {
  const host = header?.replace(/:\d+$/, '').toLowerCase()
  return host === 'localhost' || host === '[::1]' || isLoopbackAddress(host)
}
