/** In Go's words, as far as Node.js tells; what has no code is a fault of the answer and stays as it is. */
export function describeNetworkError(error: NodeJS.ErrnoException, target: URL): string {
  const { code, message } = error
  const host = `${target.hostname}:${target.port || 443}`
  const prefix = `Post "${target}": `
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `${prefix}context deadline exceeded`
  switch (code) {
    case undefined:
      return message
    case 'ECONNREFUSED':
      return `${prefix}dial tcp ${host}: connect: connection refused`
    case 'ECONNRESET':
      return `${prefix}EOF`
    case 'ENOTFOUND':
      return `${prefix}dial tcp: lookup ${target.hostname}: no such host`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `${prefix}tls: failed to verify certificate: x509: certificate signed by unknown authority`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${prefix}tls: failed to verify certificate: x509: ${message}`
    default:
      return prefix + message
  }
}
