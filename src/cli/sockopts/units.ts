// The units of the options' values, which the table of options has only in its descriptions; a test compares the two.

const names: Readonly<Record<string, string>> = {
  bytes:
    'IPV6_CHECKSUM IPV6_MTU IPV6_PATHMTU TCP_MAXSEG SO_MEMINFO IP_MTU PACKET_RESERVE SO_RCVBUF SO_RESERVE_MEM SO_SNDBUF ' +
    'UDP_SEGMENT SO_VM_SOCKETS_BUFFER_MAX_SIZE SO_VM_SOCKETS_BUFFER_MIN_SIZE SO_VM_SOCKETS_BUFFER_SIZE TCP_WINDOW_CLAMP',
  'bytes per second': 'SO_MAX_PACING_RATE',
  seconds: 'TCP_CONNECTIONTIMEOUT TCP_DEFER_ACCEPT TCP_KEEPIDLE TCP_KEEPALIVE TCP_KEEPINTVL TCP_LINGER2',
  milliseconds:
    'SO_RCVTIMEO TCP_RTO_MAX_MS SO_SNDTIMEO TCP_USER_TIMEOUT TCP_RXT_CONNDROPTIME SO_VM_SOCKETS_CONNECT_TIMEOUT',
  microseconds: 'SO_BUSY_POLL TCP_DELACK_MAX_US TCP_RTO_MIN_US TCP_TX_DELAY',
  nanoseconds: 'CAN_ISOTP_RX_STMIN CAN_ISOTP_TX_STMIN',
}

/** The unit of each option that has one, by its name in C. */
export const units: ReadonlyMap<string, string> = new Map(
  Object.entries(names).flatMap(([unit, options]) => options.split(' ').map(option => [option, unit] as const)),
)
