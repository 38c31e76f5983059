// Structures of Linux' ABI that no header of the C library has, or that have grown since the oldest supported headers.
// They are declared as in recent kernels: a kernel adds fields only at the end, and says how many bytes it filled in.
#if defined(__linux__)

#ifndef BSD_SOCKETS_STRUCTURES_LINUX_H
#define BSD_SOCKETS_STRUCTURES_LINUX_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

// In an anonymous namespace: another file may include a header that declares one of these.
namespace {

// net/bluetooth/*.h
struct bdaddr {
  uint8_t b[6];
};
struct sockaddr_hci {
  sa_family_t hci_family;
  uint16_t hci_dev;
  uint16_t hci_channel;
};
struct sockaddr_l2 {
  sa_family_t l2_family;
  uint16_t l2_psm;
  bdaddr l2_bdaddr;
  uint16_t l2_cid;
  uint8_t l2_bdaddr_type;
};
struct sockaddr_rc {
  sa_family_t rc_family;
  bdaddr rc_bdaddr;
  uint8_t rc_channel;
};
struct sockaddr_sco {
  sa_family_t sco_family;
  bdaddr sco_bdaddr;
};

// linux/can/isotp.h, linux/can/j1939.h
struct can_isotp_fc_options {
  uint8_t bs;
  uint8_t stmin;
  uint8_t wftmax;
};
struct can_isotp_ll_options {
  uint8_t mtu;
  uint8_t tx_dl;
  uint8_t tx_flags;
};
struct can_isotp_options {
  uint32_t flags;
  uint32_t frame_txtime;
  uint8_t ext_address;
  uint8_t txpad_content;
  uint8_t rxpad_content;
  uint8_t rx_ext_address;
};
struct j1939_filter {
  uint64_t name;
  uint64_t name_mask;
  uint32_t pgn;
  uint32_t pgn_mask;
  uint8_t addr;
  uint8_t addr_mask;
};

// linux/in6.h
struct in6_flowlabel_req {
  in6_addr flr_dst;
  uint32_t flr_label;
  uint8_t flr_action;
  uint8_t flr_share;
  uint16_t flr_flags;
  uint16_t flr_expires;
  uint16_t flr_linger;
  uint32_t flr_pad;
};

// linux/mptcp.h
struct mptcp_info {
  uint8_t mptcpi_subflows;
  uint8_t mptcpi_add_addr_signal;
  uint8_t mptcpi_add_addr_accepted;
  uint8_t mptcpi_subflows_max;
  uint8_t mptcpi_add_addr_signal_max;
  uint8_t mptcpi_add_addr_accepted_max;
  uint32_t mptcpi_flags;
  uint32_t mptcpi_token;
  uint64_t mptcpi_write_seq;
  uint64_t mptcpi_snd_una;
  uint64_t mptcpi_rcv_nxt;
  uint8_t mptcpi_local_addr_used;
  uint8_t mptcpi_local_addr_max;
  uint8_t mptcpi_csum_enabled;
  uint32_t mptcpi_retransmits;
  uint64_t mptcpi_bytes_retrans;
  uint64_t mptcpi_bytes_sent;
  uint64_t mptcpi_bytes_received;
  uint64_t mptcpi_bytes_acked;
  uint8_t mptcpi_subflows_total;
  uint8_t mptcpi_endp_laminar_max;
  uint8_t mptcpi_endp_fullmesh_max;
  uint32_t mptcpi_last_data_sent;
  uint32_t mptcpi_last_data_recv;
  uint32_t mptcpi_last_ack_recv;
};

// linux/net_tstamp.h
struct sock_txtime {
  int32_t clockid;
  uint32_t flags;
};
struct so_timestamping {
  int32_t flags;
  int32_t bind_phc;
};

// linux/tcp.h. `wscale` and `flags` are the two bytes of bit fields. The fields after received_ce_bytes differ between
// kernels.
struct tcp_info {
  uint8_t tcpi_state;
  uint8_t tcpi_ca_state;
  uint8_t tcpi_retransmits;
  uint8_t tcpi_probes;
  uint8_t tcpi_backoff;
  uint8_t tcpi_options;
  uint8_t tcpi_wscale;
  uint8_t tcpi_flags;
  uint32_t tcpi_rto;
  uint32_t tcpi_ato;
  uint32_t tcpi_snd_mss;
  uint32_t tcpi_rcv_mss;
  uint32_t tcpi_unacked;
  uint32_t tcpi_sacked;
  uint32_t tcpi_lost;
  uint32_t tcpi_retrans;
  uint32_t tcpi_fackets;
  uint32_t tcpi_last_data_sent;
  uint32_t tcpi_last_ack_sent;
  uint32_t tcpi_last_data_recv;
  uint32_t tcpi_last_ack_recv;
  uint32_t tcpi_pmtu;
  uint32_t tcpi_rcv_ssthresh;
  uint32_t tcpi_rtt;
  uint32_t tcpi_rttvar;
  uint32_t tcpi_snd_ssthresh;
  uint32_t tcpi_snd_cwnd;
  uint32_t tcpi_advmss;
  uint32_t tcpi_reordering;
  uint32_t tcpi_rcv_rtt;
  uint32_t tcpi_rcv_space;
  uint32_t tcpi_total_retrans;
  uint64_t tcpi_pacing_rate;
  uint64_t tcpi_max_pacing_rate;
  uint64_t tcpi_bytes_acked;
  uint64_t tcpi_bytes_received;
  uint32_t tcpi_segs_out;
  uint32_t tcpi_segs_in;
  uint32_t tcpi_notsent_bytes;
  uint32_t tcpi_min_rtt;
  uint32_t tcpi_data_segs_in;
  uint32_t tcpi_data_segs_out;
  uint64_t tcpi_delivery_rate;
  uint64_t tcpi_busy_time;
  uint64_t tcpi_rwnd_limited;
  uint64_t tcpi_sndbuf_limited;
  uint32_t tcpi_delivered;
  uint32_t tcpi_delivered_ce;
  uint64_t tcpi_bytes_sent;
  uint64_t tcpi_bytes_retrans;
  uint32_t tcpi_dsack_dups;
  uint32_t tcpi_reord_seen;
  uint32_t tcpi_rcv_ooopack;
  uint32_t tcpi_snd_wnd;
  uint32_t tcpi_rcv_wnd;
  uint32_t tcpi_rehash;
  uint16_t tcpi_total_rto;
  uint16_t tcpi_total_rto_recoveries;
  uint32_t tcpi_total_rto_time;
  uint32_t tcpi_received_ce;
  uint32_t tcpi_delivered_e1_bytes;
  uint32_t tcpi_delivered_e0_bytes;
  uint32_t tcpi_delivered_ce_bytes;
  uint32_t tcpi_received_e1_bytes;
  uint32_t tcpi_received_e0_bytes;
  uint32_t tcpi_received_ce_bytes;
};
struct tcp_md5sig {
  sockaddr_storage tcpm_addr;
  uint8_t tcpm_flags;
  uint8_t tcpm_prefixlen;
  uint16_t tcpm_keylen;
  int32_t tcpm_ifindex;
  uint8_t tcpm_key[80];
};
struct tcp_repair_opt {
  uint32_t opt_code;
  uint32_t opt_val;
};
struct tcp_repair_window {
  uint32_t snd_wl1;
  uint32_t snd_wnd;
  uint32_t max_window;
  uint32_t rcv_wnd;
  uint32_t rcv_wup;
};

// linux/tls.h
struct tls_crypto_info {
  uint16_t version;
  uint16_t cipher_type;
};

}  // namespace

#endif

#endif
