import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UsageError } from '../errors.js'
import { describeFailure } from '../files/describe-failure.js'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Reads a file of certificate authorities in PEM (RFC 7468), one certificate or several.
 *
 * @throws UsageError when the file cannot be read or holds something else: TLS would silently trust nothing of it
 */
export async function readCertificates(path: string): Promise<string> {
  const text = await readFile(path, 'latin1').catch((error: unknown) => {
    throw new UsageError(`The certificates in ${path} cannot be read: ${describeFailure(error)}.`)
  })
  const certificates = text.match(CERTIFICATE) ?? []
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new UsageError(`${path} holds no certificates in PEM.`, [
      'name a file with blocks that begin with -----BEGIN CERTIFICATE-----',
    ])
  }
  return certificates.join('\n')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
