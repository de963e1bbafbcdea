// One command a line of standard input, as JSON; its answer a line of standard output, in the same order.
// What the library refuses is answered {"error": the name of the refusal}.
import { createInterface } from 'node:readline'
import {
  CompactEncrypt,
  CompactSign,
  compactDecrypt,
  compactVerify,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importPKCS8,
  importSPKI,
} from 'jose'

const OAEP = 'RSA-OAEP-256'
const octets = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const text = (held) => Buffer.from(held).toString('base64')
const pem = (label, der) => `-----BEGIN ${label}-----\n${der}\n-----END ${label}-----`
const der = (key) => key.replace(/-----[^-]+-----|\s/g, '')
const publicKey = (key, alg) => importSPKI(pem('PUBLIC KEY', key), alg)
const privateKey = (key, alg) => importPKCS8(pem('PRIVATE KEY', key), alg)

const commands = {
  async generate({ algorithm, bits }) {
    const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: bits })
    return { public: der(await exportSPKI(pair.publicKey)), private: der(await exportPKCS8(pair.privateKey)) }
  },
  async encrypt({ payload, key, header, contentKey }) {
    const jwe = new CompactEncrypt(octets(payload)).setProtectedHeader({ alg: OAEP, enc: 'A256GCM', ...header })
    if (contentKey) jwe.setContentEncryptionKey(octets(contentKey))
    return { token: await jwe.encrypt(await publicKey(key, OAEP)) }
  },
  async decrypt({ token, key }) {
    const only = { keyManagementAlgorithms: [OAEP], contentEncryptionAlgorithms: ['A256GCM'] }
    const opened = await compactDecrypt(token, await privateKey(key, OAEP), only)
    return { payload: text(opened.plaintext), header: opened.protectedHeader }
  },
  async direct({ token, contentKey }) {
    const only = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }
    const opened = await compactDecrypt(token, octets(contentKey), only)
    return { payload: text(opened.plaintext), header: opened.protectedHeader }
  },
  async sign({ payload, key, algorithm, header }) {
    const jws = new CompactSign(octets(payload)).setProtectedHeader({ alg: algorithm, ...header })
    return { token: await jws.sign(await privateKey(key, algorithm)) }
  },
  async verify({ token, key, algorithm }) {
    const read = await compactVerify(token, await publicKey(key, algorithm), { algorithms: [algorithm] })
    return { payload: text(read.payload), header: read.protectedHeader }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line)
  const answer = await commands[command](rest).catch((error) => ({ error: error.code ?? String(error) }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
