// Where the fields of the system's structures lie, read from its headers, so that TypeScript can
// read and write them. S is a structure, F a field of the one above it. Each crosses the border as
// one number: a structure's size, and for a field its offset << 16 | (1 << 15 if it is a signed
// integer) | its size.
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

// clang-format off
#define POSIX_LAYOUTS(S, F) \
  S(cmsghdr) F(cmsghdr, cmsg_len) F(cmsghdr, cmsg_level) F(cmsghdr, cmsg_type) \
  S(fd_set) \
  S(in6_pktinfo) F(in6_pktinfo, ipi6_addr) F(in6_pktinfo, ipi6_ifindex) \
  S(in_pktinfo) F(in_pktinfo, ipi_addr) F(in_pktinfo, ipi_ifindex) F(in_pktinfo, ipi_spec_dst) \
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
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <sys/epoll.h>

// net/bluetooth/*.h of the kernel, which exports them to no header of the system.
struct bdaddr { uint8_t b[6]; };
struct sockaddr_hci { sa_family_t hci_family; uint16_t hci_dev; uint16_t hci_channel; };
struct sockaddr_l2 { sa_family_t l2_family; uint16_t l2_psm; bdaddr l2_bdaddr; uint16_t l2_cid; uint8_t l2_bdaddr_type; };
struct sockaddr_rc { sa_family_t rc_family; bdaddr rc_bdaddr; uint8_t rc_channel; };
struct sockaddr_sco { sa_family_t sco_family; bdaddr sco_bdaddr; };

#define KERNEL_LAYOUTS(S, F) \
  S(epoll_event) F(epoll_event, events) F(epoll_event, data) \
  S(sock_extended_err) F(sock_extended_err, ee_errno) F(sock_extended_err, ee_origin) F(sock_extended_err, ee_type) \
    F(sock_extended_err, ee_code) F(sock_extended_err, ee_info) F(sock_extended_err, ee_data) \
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
  S(sockaddr_vm) F(sockaddr_vm, svm_port) F(sockaddr_vm, svm_cid) F(sockaddr_vm, svm_flags) \
  S(ucred) F(ucred, pid) F(ucred, uid) F(ucred, gid)

#elif defined(__APPLE__)

#include <sys/event.h>
#include <sys/kern_control.h>
#include <sys/sys_domain.h>
#include <sys/vsock.h>

using kevent_t = struct kevent;  // its name alone means the function

#define KERNEL_LAYOUTS(S, F) \
  S(kevent_t) F(kevent_t, ident) F(kevent_t, filter) F(kevent_t, flags) F(kevent_t, fflags) F(kevent_t, data) F(kevent_t, udata) \
  S(sockaddr_ctl) F(sockaddr_ctl, ss_sysaddr) F(sockaddr_ctl, sc_id) F(sockaddr_ctl, sc_unit) \
  S(sockaddr_vm) F(sockaddr_vm, svm_port) F(sockaddr_vm, svm_cid)

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

void ExportLayouts(Napi::Env env, Napi::Object exports) {
  static constexpr Row kRows[] = {POSIX_LAYOUTS(STRUCTURE, FIELD) KERNEL_LAYOUTS(STRUCTURE, FIELD)};
  Napi::Object layouts = Napi::Object::New(env);
  for (const Row& row : kRows) layouts.Set(row.name, Napi::Number::New(env, row.value));
  exports.Set("layouts", layouts);
}
