import { expect, test } from 'vitest'
import { readCertificateRequest, readPem } from '../../../runtime/apiserver/access/certificate-request.ts'

/** DER of /CN=a/O=dev/O=ops, by openssl; their keys are nobody's any more. */
const REQUESTS = {
  RSA: 'MIIBZzCB0QIBADAoMQowCAYDVQQDDAFhMQwwCgYDVQQKDANkZXYxDDAKBgNVBAoMA29wczCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEA3S/gOauHj27JrWrFMQc3yhCLsOLIL+B2BCILo/PsIfpkKGHuFPaO/Qe0+xBBxIz2af6H5sVU2uUnWrEVpl/ad6dPS7H+AHESAOKyaq0zrmAEQXDMFR/HK948B9t+R9+b0GIS0WvgGXcseuNqazuBP6NT7BcfR1DMD/8HEVnSjlkCAwEAAaAAMA0GCSqGSIb3DQEBCwUAA4GBABmUH5uJQNscMnXDMERSODNrHV5uNAAFxS8R+JlbQKPlXnTvcGmOr2jN7UGhBFA16m1nTmWhYZzJu7iA8p+XgMYlQJHKygzZs0labAULSb0KhLvr+uMRe9/GoO/BqNNiQv3DMTw9wfo7L8W6A8KJwDWBOccw7W2j/fHXyTEW3POQ',
  'ECDSA P-256':
    'MIHjMIGKAgEAMCgxCjAIBgNVBAMMAWExDDAKBgNVBAoMA2RldjEMMAoGA1UECgwDb3BzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHNPibhk1BU3R+Fk8g67lKo98vEK/a6iTq6s+kptrmJqWPenLWe2MBqxGRd6do7sA3hp6dpcxJ2dvLx2rqThJw6AAMAoGCCqGSM49BAMCA0gAMEUCIHvYLVlWKXqG92wCh6fokdufUyLbCQvWPUxaJyKedj/cAiEApC/zCTPucNr9DSFQQNl/NbDIiUQVps2vPGmvzT0mfUE=',
  'ECDSA P-384':
    'MIIBIDCBpwIBADAoMQowCAYDVQQDDAFhMQwwCgYDVQQKDANkZXYxDDAKBgNVBAoMA29wczB2MBAGByqGSM49AgEGBSuBBAAiA2IABDxDHbetnjhlOAnXrTdHG3YXtABtln6nqoFZQrH2RdF/WNlS9Fn2MF/91aPUx3rCewqsizd66SuqeZICXwox4k/YQXungK/L3esq58p3OdC7fa/Xplr1XPRgf3xnNjc1WqAAMAoGCCqGSM49BAMCA2gAMGUCMQDy/aEmtbjxCip0gdjlxzc7OPn2IeKxfuHMzThNR9kSJvFgv+0PbTRn2uGjjkE+50wCMF8HYqNsrT0c6rqSCjjh0B7cEfTHi+zD0MSvo7NS8nG5lD03rESZaQ9wY0TpVPRIyg==',
  Ed25519:
    'MIGnMFsCAQAwKDEKMAgGA1UEAwwBYTEMMAoGA1UECgwDZGV2MQwwCgYDVQQKDANvcHMwKjAFBgMrZXADIQC58zjVAiXYlAbBNSff1BfwPyljqkli8wrbkzQefkzCyKAAMAUGAytlcANBAIGUH38u5+4TSWRdtyX3/AwNn+7MM2B6kGwnUHOhSkrqLZgpZUUsC2PpyFgJHDyCauBEKRbrqyWaF+E6ZoZu2AM=',
}

function toPem(der: Buffer): Buffer {
  return Buffer.from(
    `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`,
  )
}

test.each(Object.entries(REQUESTS))('readCertificateRequest() takes a request by %s', (_key, base64) => {
  expect(readCertificateRequest(toPem(Buffer.from(base64, 'base64')))).toEqual({ organizations: ['dev', 'ops'] })
})

test('readCertificateRequest() refuses every request that was cut off or changed, by an Error', () => {
  const bytes = Buffer.from(REQUESTS.Ed25519, 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ 1
    expect(() => readCertificateRequest(toPem(changed)), `byte ${at}`).toThrow(Error)
    expect(() => readCertificateRequest(toPem(bytes.subarray(0, at))), `the first ${at}`).toThrow(Error)
  }
})

test('readCertificateRequest() wants PEM of a request', () => {
  for (const text of ['', 'abc', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])
    expect(() => readCertificateRequest(Buffer.from(text))).toThrow('PEM block type must be CERTIFICATE REQUEST')
})

test('readPem() takes what is begun and ended, in time that grows with the text alone', () => {
  const block = '-----BEGIN A-----\nAAAA\n-----END A-----\n'
  const types = (text: string) => readPem(Buffer.from(text)).map(({ type }) => type)
  expect(types(`x\n${block}y${block}`)).toEqual(['A', 'A'])
  expect(types(`-----BEGIN B-----\n${block}`)).toEqual(['A'])
  expect(types('-----BEGIN A-----\nAAAA\n-----END B-----\n')).toEqual([])
  // A search to the end from each of these would take minutes.
  expect(types('-----BEGIN A-----\n'.repeat(150_000))).toEqual([])
})
