// Values of the options of TCP and of TLS in the kernel, except tcp_info.
import { types } from 'node:util'
import {
  TCP_MD5SIG_FLAG_IFINDEX,
  TCP_MD5SIG_FLAG_PREFIX,
  TLS_CIPHER_AES_CCM_128,
  TLS_CIPHER_AES_GCM_128,
  TLS_CIPHER_AES_GCM_256,
  TLS_CIPHER_ARIA_GCM_128,
  TLS_CIPHER_ARIA_GCM_256,
  TLS_CIPHER_CHACHA20_POLY1305,
  TLS_CIPHER_SM4_CCM,
  TLS_CIPHER_SM4_GCM,
} from '../constants.js'
import { invalidType, invalidValue, checkProperties } from '../checks.js'
import { counted, ifindex, number, optional } from '../structs/fields.js'
import { dataView, field, write } from '../syscalls/layout.js'
import type { Properties } from '../checks.js'
import type { Interface } from '../structs/interface.js'
import { structure } from '../structs/structure.js'
import { list, writeOnly } from './codecs.js'
import { host } from './multicast.js'
import type { Encoder } from './option.js'

/** The key that signs segments to and from a peer, of at most 80 bytes; an empty key removes it. RFC 2385 */
export interface Md5Signature {
  /** The peer's numeric address. */
  address: string
  /** The key, at most 80 bytes; an empty one removes the key. */
  key: Uint8Array
}

/** As Md5Signature, for all peers of a network, or for one interface. tcp(7), TCP_MD5SIG_EXT */
export interface Md5SignatureExt extends Md5Signature {
  /** The length of the network's prefix, in bits; default: the address alone. */
  prefixLength?: number
  /** The interface's index or name. */
  ifindex?: Interface
}

const signature = structure<Md5SignatureExt>('tcp_md5sig', {
  address: ['tcpm_addr', host],
  key: ['tcpm_key', counted('tcp_md5sig.tcpm_keylen')],
  prefixLength: ['tcpm_prefixlen', optional(number, 0)],
  ifindex: ['tcpm_ifindex', optional(ifindex, 0)],
})
const signatureFlags = field('tcp_md5sig.tcpm_flags')

/** @internal */
export const md5Signature: Encoder<Md5Signature> = writeOnly(signature)

/** @internal */
export const md5SignatureExt: Encoder<Md5SignatureExt> = {
  form: signature.form,
  encode(value) {
    const bytes = signature.encode(value)
    const prefix = value.prefixLength === undefined ? 0 : (TCP_MD5SIG_FLAG_PREFIX ?? 0)
    const byInterface = value.ifindex === undefined ? 0 : (TCP_MD5SIG_FLAG_IFINDEX ?? 0)
    write(dataView(bytes), signatureFlags, prefix | byInterface)
    return bytes
  },
}

/** An option of the TCP header that both ends negotiated: its kind and its value. TCP_REPAIR_OPTIONS, tcp(7) */
export interface RepairOption {
  /** The kind of the TCP option. RFC 9293 */
  code: number
  /** Its value. */
  value: number
}

/** @internal */
export const repairOptions = writeOnly(
  list(structure<RepairOption>('tcp_repair_opt', { code: ['opt_code', number], value: ['opt_val', number] }), 8),
)

/** The windows of a connection that is saved or restored. TCP_REPAIR_WINDOW, tcp(7) */
export interface RepairWindow {
  /** The sequence number of the segment that last changed the window. */
  sndWl1: number
  /** The receive window of the peer, in bytes. */
  sndWnd: number
  /** The largest window that the peer has advertised, in bytes. */
  maxWindow: number
  /** The receive window of this end, in bytes. */
  rcvWnd: number
  /** The sequence number with which this window was advertised. */
  rcvWup: number
}

/** @internal */
export const repairWindow = structure<RepairWindow>('tcp_repair_window', {
  sndWl1: ['snd_wl1', number],
  sndWnd: ['snd_wnd', number],
  maxWindow: ['max_window', number],
  rcvWnd: ['rcv_wnd', number],
  rcvWup: ['rcv_wup', number],
})

/** The keys with which the kernel writes or reads TLS records, once `tcpUlp` is `'tls'`. Documentation/networking/tls */
export interface TlsCryptoInfo {
  /** TLS_1_2_VERSION or TLS_1_3_VERSION. */
  version: number
  /** TLS_CIPHER_... */
  cipherType: number
  /** The explicit part of the nonce. */
  iv: Uint8Array
  /** The key of the cipher. */
  key: Uint8Array
  /** The implicit part of the nonce. */
  salt: Uint8Array
  /** The sequence number of the next record, 8 bytes. */
  recSeq: Uint8Array
}

type Secret = 'iv' | 'key' | 'salt' | 'recSeq'
type Lengths = Record<Secret, number>

const aes128: Lengths = { iv: 8, key: 16, salt: 4, recSeq: 8 }
const aes256: Lengths = { ...aes128, key: 32 }
const lengths = new Map<number | undefined, Lengths>([
  [TLS_CIPHER_AES_CCM_128, aes128],
  [TLS_CIPHER_AES_GCM_128, aes128],
  [TLS_CIPHER_AES_GCM_256, aes256],
  [TLS_CIPHER_ARIA_GCM_128, aes128],
  [TLS_CIPHER_ARIA_GCM_256, aes256],
  [TLS_CIPHER_CHACHA20_POLY1305, { iv: 12, key: 32, salt: 0, recSeq: 8 }],
  [TLS_CIPHER_SM4_CCM, aes128],
  [TLS_CIPHER_SM4_GCM, aes128],
])

const tlsHead = structure<Pick<TlsCryptoInfo, 'version' | 'cipherType'>>('tls_crypto_info', {
  version: ['version', number],
  cipherType: ['cipher_type', number],
})

const tlsProperties: Properties<TlsCryptoInfo> = {
  cipherType: 'option',
  iv: 'option',
  key: 'option',
  recSeq: 'option',
  salt: 'option',
  version: 'option',
}

/** @internal */
export const tlsCryptoInfo: Encoder<TlsCryptoInfo> = {
  form: '{ version, cipherType, iv, key, salt, recSeq }',
  encode(value) {
    checkProperties('value', value, tlsProperties)
    const { version, cipherType } = value
    const head = tlsHead.encode({ version, cipherType })
    const expected = lengths.get(cipherType)
    if (expected === undefined) throw invalidValue('value.cipherType', cipherType, 'must be one of TLS_CIPHER_...')
    const secrets = (Object.entries(expected) as [Secret, number][]).map(([name, length]) => {
      const secret = value[name]
      if (!types.isUint8Array(secret)) throw invalidType(`value.${name}`, secret, 'an instance of Uint8Array')
      if (secret.length === length) return secret
      throw invalidValue(`value.${name}`, secret.length, `must have ${length} bytes`)
    })
    return Buffer.concat([head, ...secrets])
  },
}
