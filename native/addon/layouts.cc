// The layouts of the system's structures, from its headers, so that TypeScript can read and write them. S is a
// structure, F a field of the structure before it. JavaScript gets one number for each: the size of a structure; or for
// a field, offset << 16 | (1 << 15 if it is a signed integer) | size. Sizes and offsets are in bytes.
#define __APPLE_USE_RFC_3542  // ip6(4) on macOS: struct in6_pktinfo
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include <cstddef>
#include <type_traits>

#include "addon.h"
#include "http_parser.h"

// clang-format off
#define POSIX_LAYOUTS(S, F) \
  S(cmsghdr) F(cmsghdr, cmsg_len) F(cmsghdr, cmsg_level) F(cmsghdr, cmsg_type) \
  S(fd_set) \
  S(group_req) F(group_req, gr_interface) F(group_req, gr_group) \
  S(group_source_req) F(group_source_req, gsr_interface) F(group_source_req, gsr_group) F(group_source_req, gsr_source) \
  S(in6_pktinfo) F(in6_pktinfo, ipi6_addr) F(in6_pktinfo, ipi6_ifindex) \
  S(in_pktinfo) F(in_pktinfo, ipi_addr) F(in_pktinfo, ipi_ifindex) F(in_pktinfo, ipi_spec_dst) \
  S(ip6_mtuinfo) F(ip6_mtuinfo, ip6m_addr) F(ip6_mtuinfo, ip6m_mtu) \
  S(ip_mreq_source) F(ip_mreq_source, imr_multiaddr) F(ip_mreq_source, imr_sourceaddr) F(ip_mreq_source, imr_interface) \
  S(ip_mreqn) F(ip_mreqn, imr_multiaddr) F(ip_mreqn, imr_address) F(ip_mreqn, imr_ifindex) \
  S(ipv6_mreq) F(ipv6_mreq, ipv6mr_multiaddr) F(ipv6_mreq, ipv6mr_interface) \
  S(linger) F(linger, l_onoff) F(linger, l_linger) \
  S(http_chunked) F(http_chunked, consumed) F(http_chunked, data) F(http_chunked, stage) \
  S(http_limits) \
  S(http_request) F(http_request, content_length) F(http_request, flags) F(http_request, header_count) \
    F(http_request, headers) F(http_request, method) F(http_request, minor_version) F(http_request, path) \
    F(http_request, query) F(http_request, stage) F(http_request, target) F(http_request, authority) \
  S(pollfd) F(pollfd, fd) F(pollfd, events) F(pollfd, revents) \
  S(sockaddr) F(sockaddr, sa_family) \
  S(sockaddr_in) F(sockaddr_in, sin_port) F(sockaddr_in, sin_addr) \
  S(sockaddr_in6) F(sockaddr_in6, sin6_port) F(sockaddr_in6, sin6_flowinfo) F(sockaddr_in6, sin6_addr) \
    F(sockaddr_in6, sin6_scope_id) \
  S(sockaddr_storage) \
  S(sockaddr_un) F(sockaddr_un, sun_path) \
  S(timespec) F(timespec, tv_sec) F(timespec, tv_nsec) \
  S(timeval) F(timeval, tv_sec) F(timeval, tv_usec)

#if defined(__linux__)

#include <linux/can.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets.h>
#include <sys/epoll.h>

#include "structures_linux.h"

#define KERNEL_LAYOUTS(S, F) \
  S(can_filter) F(can_filter, can_id) F(can_filter, can_mask) \
  S(can_isotp_fc_options) F(can_isotp_fc_options, bs) F(can_isotp_fc_options, stmin) F(can_isotp_fc_options, wftmax) \
  S(can_isotp_ll_options) F(can_isotp_ll_options, mtu) F(can_isotp_ll_options, tx_dl) \
    F(can_isotp_ll_options, tx_flags) \
  S(can_isotp_options) F(can_isotp_options, flags) F(can_isotp_options, frame_txtime) \
    F(can_isotp_options, ext_address) F(can_isotp_options, txpad_content) F(can_isotp_options, rxpad_content) \
    F(can_isotp_options, rx_ext_address) \
  S(epoll_event) F(epoll_event, events) F(epoll_event, data) \
  S(group_filter) F(group_filter, gf_interface) F(group_filter, gf_group) F(group_filter, gf_fmode) \
    F(group_filter, gf_numsrc) F(group_filter, gf_slist) \
  S(in6_flowlabel_req) F(in6_flowlabel_req, flr_dst) F(in6_flowlabel_req, flr_label) F(in6_flowlabel_req, flr_action) \
    F(in6_flowlabel_req, flr_share) F(in6_flowlabel_req, flr_flags) F(in6_flowlabel_req, flr_expires) \
    F(in6_flowlabel_req, flr_linger) \
  S(inet_diag_msg) F(inet_diag_msg, idiag_family) F(inet_diag_msg, idiag_state) F(inet_diag_msg, idiag_timer) \
    F(inet_diag_msg, idiag_retrans) F(inet_diag_msg, id.idiag_sport) F(inet_diag_msg, id.idiag_dport) \
    F(inet_diag_msg, id.idiag_src) F(inet_diag_msg, id.idiag_dst) F(inet_diag_msg, id.idiag_if) \
    F(inet_diag_msg, idiag_expires) F(inet_diag_msg, idiag_rqueue) F(inet_diag_msg, idiag_wqueue) \
    F(inet_diag_msg, idiag_uid) F(inet_diag_msg, idiag_inode) \
  S(inet_diag_req_v2) F(inet_diag_req_v2, sdiag_family) F(inet_diag_req_v2, sdiag_protocol) \
    F(inet_diag_req_v2, idiag_ext) F(inet_diag_req_v2, idiag_states) \
  S(j1939_filter) F(j1939_filter, name) F(j1939_filter, name_mask) F(j1939_filter, pgn) F(j1939_filter, pgn_mask) \
    F(j1939_filter, addr) F(j1939_filter, addr_mask) \
  S(mptcp_info) F(mptcp_info, mptcpi_subflows) F(mptcp_info, mptcpi_add_addr_signal) \
    F(mptcp_info, mptcpi_add_addr_accepted) F(mptcp_info, mptcpi_subflows_max) \
    F(mptcp_info, mptcpi_add_addr_signal_max) F(mptcp_info, mptcpi_add_addr_accepted_max) F(mptcp_info, mptcpi_flags) \
    F(mptcp_info, mptcpi_token) F(mptcp_info, mptcpi_write_seq) F(mptcp_info, mptcpi_snd_una) \
    F(mptcp_info, mptcpi_rcv_nxt) F(mptcp_info, mptcpi_local_addr_used) F(mptcp_info, mptcpi_local_addr_max) \
    F(mptcp_info, mptcpi_csum_enabled) F(mptcp_info, mptcpi_retransmits) F(mptcp_info, mptcpi_bytes_retrans) \
    F(mptcp_info, mptcpi_bytes_sent) F(mptcp_info, mptcpi_bytes_received) F(mptcp_info, mptcpi_bytes_acked) \
    F(mptcp_info, mptcpi_subflows_total) F(mptcp_info, mptcpi_endp_laminar_max) \
    F(mptcp_info, mptcpi_endp_fullmesh_max) F(mptcp_info, mptcpi_last_data_sent) F(mptcp_info, mptcpi_last_data_recv) \
    F(mptcp_info, mptcpi_last_ack_recv) \
  S(nlmsghdr) F(nlmsghdr, nlmsg_len) F(nlmsghdr, nlmsg_type) F(nlmsghdr, nlmsg_flags) F(nlmsghdr, nlmsg_seq) \
    F(nlmsghdr, nlmsg_pid) \
  S(packet_mreq) F(packet_mreq, mr_ifindex) F(packet_mreq, mr_type) F(packet_mreq, mr_alen) \
    F(packet_mreq, mr_address) \
  S(so_timestamping) F(so_timestamping, flags) F(so_timestamping, bind_phc) \
  S(sock_extended_err) F(sock_extended_err, ee_errno) F(sock_extended_err, ee_origin) F(sock_extended_err, ee_type) \
    F(sock_extended_err, ee_code) F(sock_extended_err, ee_info) F(sock_extended_err, ee_data) \
  S(sock_filter) F(sock_filter, code) F(sock_filter, jt) F(sock_filter, jf) F(sock_filter, k) \
  S(sock_txtime) F(sock_txtime, clockid) F(sock_txtime, flags) \
  S(sockaddr_alg) F(sockaddr_alg, salg_type) F(sockaddr_alg, salg_feat) F(sockaddr_alg, salg_mask) \
    F(sockaddr_alg, salg_name) \
  S(sockaddr_can) F(sockaddr_can, can_ifindex) F(sockaddr_can, can_addr.tp.rx_id) F(sockaddr_can, can_addr.tp.tx_id) \
    F(sockaddr_can, can_addr.j1939.name) F(sockaddr_can, can_addr.j1939.pgn) F(sockaddr_can, can_addr.j1939.addr) \
  S(sockaddr_hci) F(sockaddr_hci, hci_dev) F(sockaddr_hci, hci_channel) \
  S(sockaddr_l2) F(sockaddr_l2, l2_psm) F(sockaddr_l2, l2_bdaddr) F(sockaddr_l2, l2_cid) F(sockaddr_l2, l2_bdaddr_type) \
  S(sockaddr_ll) F(sockaddr_ll, sll_protocol) F(sockaddr_ll, sll_ifindex) F(sockaddr_ll, sll_hatype) \
    F(sockaddr_ll, sll_pkttype) F(sockaddr_ll, sll_halen) F(sockaddr_ll, sll_addr) \
  S(sockaddr_nl) F(sockaddr_nl, nl_pid) F(sockaddr_nl, nl_groups) \
  S(sockaddr_qrtr) F(sockaddr_qrtr, sq_node) F(sockaddr_qrtr, sq_port) \
  S(sockaddr_rc) F(sockaddr_rc, rc_bdaddr) F(sockaddr_rc, rc_channel) \
  S(sockaddr_sco) F(sockaddr_sco, sco_bdaddr) \
  S(sockaddr_tipc) F(sockaddr_tipc, addrtype) F(sockaddr_tipc, scope) F(sockaddr_tipc, addr.nameseq.type) \
    F(sockaddr_tipc, addr.nameseq.lower) F(sockaddr_tipc, addr.nameseq.upper) \
  S(sockaddr_vm) F(sockaddr_vm, svm_port) F(sockaddr_vm, svm_cid) \
  S(tcp_info) F(tcp_info, tcpi_state) F(tcp_info, tcpi_ca_state) F(tcp_info, tcpi_retransmits) \
    F(tcp_info, tcpi_probes) F(tcp_info, tcpi_backoff) F(tcp_info, tcpi_options) F(tcp_info, tcpi_wscale) \
    F(tcp_info, tcpi_flags) F(tcp_info, tcpi_rto) F(tcp_info, tcpi_ato) F(tcp_info, tcpi_snd_mss) \
    F(tcp_info, tcpi_rcv_mss) F(tcp_info, tcpi_unacked) F(tcp_info, tcpi_sacked) F(tcp_info, tcpi_lost) \
    F(tcp_info, tcpi_retrans) F(tcp_info, tcpi_fackets) F(tcp_info, tcpi_last_data_sent) \
    F(tcp_info, tcpi_last_ack_sent) F(tcp_info, tcpi_last_data_recv) F(tcp_info, tcpi_last_ack_recv) \
    F(tcp_info, tcpi_pmtu) F(tcp_info, tcpi_rcv_ssthresh) F(tcp_info, tcpi_rtt) F(tcp_info, tcpi_rttvar) \
    F(tcp_info, tcpi_snd_ssthresh) F(tcp_info, tcpi_snd_cwnd) F(tcp_info, tcpi_advmss) F(tcp_info, tcpi_reordering) \
    F(tcp_info, tcpi_rcv_rtt) F(tcp_info, tcpi_rcv_space) F(tcp_info, tcpi_total_retrans) \
    F(tcp_info, tcpi_pacing_rate) F(tcp_info, tcpi_max_pacing_rate) F(tcp_info, tcpi_bytes_acked) \
    F(tcp_info, tcpi_bytes_received) F(tcp_info, tcpi_segs_out) F(tcp_info, tcpi_segs_in) \
    F(tcp_info, tcpi_notsent_bytes) F(tcp_info, tcpi_min_rtt) F(tcp_info, tcpi_data_segs_in) \
    F(tcp_info, tcpi_data_segs_out) F(tcp_info, tcpi_delivery_rate) F(tcp_info, tcpi_busy_time) \
    F(tcp_info, tcpi_rwnd_limited) F(tcp_info, tcpi_sndbuf_limited) F(tcp_info, tcpi_delivered) \
    F(tcp_info, tcpi_delivered_ce) F(tcp_info, tcpi_bytes_sent) F(tcp_info, tcpi_bytes_retrans) \
    F(tcp_info, tcpi_dsack_dups) F(tcp_info, tcpi_reord_seen) F(tcp_info, tcpi_rcv_ooopack) F(tcp_info, tcpi_snd_wnd) \
    F(tcp_info, tcpi_rcv_wnd) F(tcp_info, tcpi_rehash) F(tcp_info, tcpi_total_rto) \
    F(tcp_info, tcpi_total_rto_recoveries) F(tcp_info, tcpi_total_rto_time) F(tcp_info, tcpi_received_ce) \
    F(tcp_info, tcpi_delivered_e1_bytes) F(tcp_info, tcpi_delivered_e0_bytes) F(tcp_info, tcpi_delivered_ce_bytes) \
    F(tcp_info, tcpi_received_e1_bytes) F(tcp_info, tcpi_received_e0_bytes) F(tcp_info, tcpi_received_ce_bytes) \
  S(tcp_md5sig) F(tcp_md5sig, tcpm_addr) F(tcp_md5sig, tcpm_flags) F(tcp_md5sig, tcpm_prefixlen) \
    F(tcp_md5sig, tcpm_keylen) F(tcp_md5sig, tcpm_ifindex) F(tcp_md5sig, tcpm_key) \
  S(tcp_repair_opt) F(tcp_repair_opt, opt_code) F(tcp_repair_opt, opt_val) \
  S(tcp_repair_window) F(tcp_repair_window, snd_wl1) F(tcp_repair_window, snd_wnd) F(tcp_repair_window, max_window) \
    F(tcp_repair_window, rcv_wnd) F(tcp_repair_window, rcv_wup) \
  S(tls_crypto_info) F(tls_crypto_info, version) F(tls_crypto_info, cipher_type) \
  S(tpacket_auxdata) F(tpacket_auxdata, tp_status) F(tpacket_auxdata, tp_len) F(tpacket_auxdata, tp_snaplen) \
    F(tpacket_auxdata, tp_mac) F(tpacket_auxdata, tp_net) F(tpacket_auxdata, tp_vlan_tci) \
    F(tpacket_auxdata, tp_vlan_tpid) \
  S(tpacket_stats) F(tpacket_stats, tp_packets) F(tpacket_stats, tp_drops) \
  S(ucred) F(ucred, pid) F(ucred, uid) F(ucred, gid) \
  S(unix_diag_msg) F(unix_diag_msg, udiag_type) F(unix_diag_msg, udiag_state) F(unix_diag_msg, udiag_ino) \
  S(unix_diag_req) F(unix_diag_req, sdiag_family) F(unix_diag_req, udiag_states) F(unix_diag_req, udiag_show)

#elif defined(__APPLE__)

#include <netinet/tcp.h>
#include <sys/event.h>
#include <sys/kern_control.h>
#include <sys/ucred.h>

#include "structures_darwin.h"

using kevent_t = struct kevent;  // without "struct", the name means the function kevent(2)

#define KERNEL_LAYOUTS(S, F) \
  S(kevent_t) F(kevent_t, ident) F(kevent_t, filter) F(kevent_t, flags) F(kevent_t, fflags) F(kevent_t, data) F(kevent_t, udata) \
  S(sockaddr_ctl) F(sockaddr_ctl, ss_sysaddr) F(sockaddr_ctl, sc_id) F(sockaddr_ctl, sc_unit) \
  S(sockaddr_vm) F(sockaddr_vm, svm_port) F(sockaddr_vm, svm_cid) \
  S(tcp_connection_info) F(tcp_connection_info, tcpi_state) F(tcp_connection_info, tcpi_snd_wscale) \
    F(tcp_connection_info, tcpi_rcv_wscale) F(tcp_connection_info, tcpi_options) F(tcp_connection_info, tcpi_flags) \
    F(tcp_connection_info, tcpi_rto) F(tcp_connection_info, tcpi_maxseg) F(tcp_connection_info, tcpi_snd_ssthresh) \
    F(tcp_connection_info, tcpi_snd_cwnd) F(tcp_connection_info, tcpi_snd_wnd) \
    F(tcp_connection_info, tcpi_snd_sbbytes) F(tcp_connection_info, tcpi_rcv_wnd) F(tcp_connection_info, tcpi_rttcur) \
    F(tcp_connection_info, tcpi_srtt) F(tcp_connection_info, tcpi_rttvar) F(tcp_connection_info, tcpi_txpackets) \
    F(tcp_connection_info, tcpi_txbytes) F(tcp_connection_info, tcpi_txretransmitbytes) \
    F(tcp_connection_info, tcpi_rxpackets) F(tcp_connection_info, tcpi_rxbytes) \
    F(tcp_connection_info, tcpi_rxoutoforderbytes) F(tcp_connection_info, tcpi_txretransmitpackets) \
  S(xucred) F(xucred, cr_uid) F(xucred, cr_ngroups) F(xucred, cr_groups)

#endif
// clang-format on

struct Row {
  const char* name;
  uint32_t value;
};

#define STRUCTURE(type) {#type, sizeof(type)},
#define FIELD(type, field) \
  {#type "." #field, Place<decltype(static_cast<type*>(nullptr)->field)>(offsetof(type, field))},

template <typename Field>
static constexpr uint32_t Place(size_t offset) {
  static_assert(sizeof(Field) < 1 << 15);
  const uint32_t is_signed = std::is_integral_v<Field> && std::is_signed_v<Field> ? 1 : 0;
  return static_cast<uint32_t>(offset) << 16 | is_signed << 15 | sizeof(Field);
}

void ExportLayouts(napi_env env, napi_value exports) {
  static constexpr Row kRows[] = {POSIX_LAYOUTS(STRUCTURE, FIELD) KERNEL_LAYOUTS(STRUCTURE, FIELD)};
  napi_value layouts = nullptr;
  napi_create_object(env, &layouts);
  for (const Row& row : kRows) {
    napi_value value = nullptr;
    napi_create_uint32(env, row.value, &value);
    napi_set_named_property(env, layouts, row.name, value);
  }
  napi_set_named_property(env, exports, "layouts", layouts);
}
