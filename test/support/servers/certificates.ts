import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** PEM files of an authority of one's own, a server at the loopback, and a client. */
export interface Certificates {
  readonly ca: string
  readonly server: Pair
  readonly client: Pair
}

export interface Pair {
  readonly cert: string
  readonly key: string
  /** Key and certificate in one file, as Kafka wants them. */
  readonly both: string
}

/** Makes them with openssl in `folder`. */
export function makeCertificates(folder: string): Certificates {
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  const [ca, caKey] = [at('ca.pem'), at('ca.key')]
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    caKey,
    '-out',
    ca,
  )
  const signed = (name: string, alternative: string): Pair => {
    const [key, request, cert, both] = [
      at(`${name}.key`),
      at(`${name}.csr`),
      at(`${name}.pem`),
      at(`${name}.both.pem`),
    ]
    const extensions = at(`${name}.ext`)
    writeFileSync(extensions, `subjectAltName=${alternative}\n`)
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', request)
    openssl(
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      request,
      '-CA',
      ca,
      '-CAkey',
      caKey,
      '-CAcreateserial',
      '-extfile',
      extensions,
      '-out',
      cert,
    )
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'))
    return { cert, key, both }
  }
  return {
    ca,
    server: signed('server', 'IP:127.0.0.1,DNS:localhost'),
    client: signed('client', 'DNS:client'),
  }
}
