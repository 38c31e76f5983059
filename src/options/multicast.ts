// Values of the options for multicast groups.
import { encodeAddress } from '../structs/address.js'
import { checkInteger, invalidType, invalidValue } from '../checks.js'
import { ifindex, ipv4, ipv6, number, optional } from '../structs/fields.js'
import type { Kind } from '../structs/fields.js'
import { dataView, field, sizeOf, write } from '../syscalls/layout.js'
import type { Interface } from '../structs/interface.js'
import { structure } from '../structs/structure.js'
import { checkObject, writeOnly } from './codecs.js'
import type { Codec, Encoder } from './option.js'

/** An IPv4 group, and the interface by its own address, its index or its name; without them the kernel chooses. ip(7) */
export interface Membership {
  /** The group: a numeric IPv4 address. */
  group: string
  /** The own address of the interface; default: any. */
  address?: string
  /** The index or the name of the interface, with priority over `address`; default: any. */
  ifindex?: Interface
}

const anyAddress = optional(ipv4, '0.0.0.0')
const anyInterface = optional(ifindex, 0)

/** @internal */
export const membership = writeOnly(
  structure<Membership>('ip_mreqn', {
    group: ['imr_multiaddr', ipv4],
    address: ['imr_address', anyAddress],
    ifindex: ['imr_ifindex', anyInterface],
  }),
)

/** The outgoing interface of IPv4 datagrams to groups, by its own address, its index or its name. ip(7) */
export interface MulticastInterface {
  /** The own address of the interface; `'0.0.0.0'`: the kernel chooses. */
  address?: string
  /** For setting only: the kernel returns only the address. */
  ifindex?: Interface
}

const addressAlone = { offset: 0, size: 4, signed: false }
const mreqn = structure<MulticastInterface>('ip_mreqn', {
  address: ['imr_address', anyAddress],
  ifindex: ['imr_ifindex', anyInterface],
})

/** @internal */
export const multicastInterface: Codec<MulticastInterface> = {
  room: 4,
  form: mreqn.form,
  decode: bytes => ({ address: ipv4.read(bytes, addressAlone) }),
  encode: mreqn.encode,
}

/** An IPv4 group, one source that sends to it, and the interface by its own address. ip(7) */
export interface SourceMembership {
  /** The group: a numeric IPv4 address. */
  group: string
  /** The source: a numeric IPv4 address. */
  source: string
  /** The own address of the interface; default: any. */
  address?: string
}

/** @internal */
export const sourceMembership = writeOnly(
  structure<SourceMembership>('ip_mreq_source', {
    group: ['imr_multiaddr', ipv4],
    source: ['imr_sourceaddr', ipv4],
    address: ['imr_interface', anyAddress],
  }),
)

/** An IPv6 group, or an anycast address, and the index or the name of the interface; without it the kernel chooses. ipv6(7) */
export interface Ipv6Membership {
  /** The group, or the anycast address: a numeric IPv6 address. */
  group: string
  /** The index or the name of the interface; default: the kernel chooses. */
  ifindex?: Interface
}

/** @internal */
export const ipv6Membership = writeOnly(
  structure<Ipv6Membership>('ipv6_mreq', {
    group: ['ipv6mr_multiaddr', ipv6],
    ifindex: ['ipv6mr_interface', anyInterface],
  }),
)

/** @internal A numeric IPv4 or IPv6 address, in a sockaddr_storage. */
export const host: Kind<string> = {
  read: () => '',
  write(bytes, { offset }, value, name) {
    if (typeof value !== 'string') throw invalidType(name, value, 'of type string')
    try {
      bytes.set(encodeAddress({ address: value, port: 0 }), offset)
    } catch {
      throw invalidValue(name, value, 'must be a numeric IP address')
    }
  },
}

/** A group of either family, and the index or the name of the interface; without it the kernel chooses. RFC 3678 */
export interface GroupRequest {
  /** The group: a numeric IPv4 or IPv6 address. */
  group: string
  /** The index or the name of the interface; default: the kernel chooses. */
  ifindex?: Interface
}

/** @internal */
export const groupRequest = writeOnly(
  structure<GroupRequest>('group_req', { group: ['gr_group', host], ifindex: ['gr_interface', anyInterface] }),
)

/** As GroupRequest, with one source that sends to the group. RFC 3678 */
export interface GroupSourceRequest extends GroupRequest {
  /** The source: a numeric address. */
  source: string
}

/** @internal */
export const groupSourceRequest = writeOnly(
  structure<GroupSourceRequest>('group_source_req', {
    group: ['gsr_group', host],
    source: ['gsr_source', host],
    ifindex: ['gsr_interface', anyInterface],
  }),
)

/** Which sources of a group to receive: `mode` is MCAST_INCLUDE for only these, MCAST_EXCLUDE for all others. RFC 3678 */
export interface GroupFilter extends GroupRequest {
  /** MCAST_INCLUDE or MCAST_EXCLUDE. */
  mode: number
  /** The sources: numeric addresses. */
  sources: readonly string[]
}

const head = structure<Omit<GroupFilter, 'sources'>>('group_filter', {
  group: ['gf_group', host],
  ifindex: ['gf_interface', anyInterface],
  mode: ['gf_fmode', number],
})
const count = field('group_filter.gf_numsrc')
const first = field('group_filter.gf_slist')

/** @internal */
export const groupFilter: Encoder<GroupFilter> = {
  form: '{ group, ifindex?, mode, sources }',
  encode(value) {
    checkObject(value)
    const { sources, ...rest } = value // `head.encode` checks the rest
    const bytes = Buffer.from(head.encode(rest))
    if (!Array.isArray(sources)) throw invalidType('value.sources', sources, 'an instance of Array')
    const size = sizeOf('sockaddr_storage')
    const all = Buffer.alloc(first.offset + size * checkInteger('value.sources.length', sources.length, 0, 65535))
    bytes.copy(all)
    write(dataView(all), count, sources.length)
    sources.forEach((source, i) => {
      const offset = first.offset + size * i
      host.write(all, { offset, size, signed: false }, source, 'value.sources')
    })
    return all
  },
}
