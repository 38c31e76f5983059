// The errnos of each system call, with the pages that name them; EWOULDBLOCK is EAGAIN. `also` are other names of the call in
// messages: those of the functions that make it.

const row = (page, errnos, ...also) => ({ page, errnos: errnos.split(' '), also })

const receiving =
  'EAGAIN EBADF ECONNREFUSED ECONNRESET EFAULT EINTR EINVAL EIO ENOBUFS ENOMEM ENOTCONN ENOTSOCK ETIMEDOUT'
const sending =
  'EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EHOSTUNREACH EINTR EINVAL EIO EISCONN EMSGSIZE ENETDOWN ' +
  'ENETUNREACH ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPERM EPIPE'
const pages = name => `${name}(2), ${name}(3p), tcp(7), unix(7)`

const accepting =
  'EAGAIN EBADF ECONNABORTED EFAULT EHOSTDOWN EHOSTUNREACH EINTR EINVAL EMFILE ENETDOWN ENETUNREACH ENFILE ENOBUFS ' +
  'ENOMEM ENONET ENOPROTOOPT ENOTSOCK EOPNOTSUPP EPERM EPROTO'

export const errnos = {
  accept: row('accept(2)', accepting),
  accept4: row('accept(2)', accepting, 'accept'),
  bind: row(
    'bind(2)',
    'EACCES EADDRINUSE EADDRNOTAVAIL EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTSOCK EROFS',
  ),
  close: row('close(2)', 'EBADF EDQUOT EINTR EIO ENOSPC'),
  connect: row(
    'connect(2), tcp(7), unix(7)',
    'EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED EFAULT EHOSTUNREACH EINTR EISCONN ' +
      'ENETUNREACH ENOENT ENOTSOCK EPERM EPROTOTYPE ETIMEDOUT',
  ),
  epoll_create1: row('epoll_create(2)', 'EINVAL EMFILE ENFILE ENOMEM', 'poller_create'),
  epoll_ctl: row(
    'epoll_ctl(2)',
    'EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM',
    'poller_add',
    'poller_remove',
    'poller',
  ),
  epoll_wait: row('epoll_wait(2)', 'EBADF EFAULT EINTR EINVAL', 'poller_wait'),
  fcntl: row('fcntl(2)', 'EACCES EAGAIN EBADF EINVAL EMFILE EPERM'),
  getpeername: row('getpeername(2)', 'EBADF EFAULT EINVAL ENOBUFS ENOTCONN ENOTSOCK'),
  getsockname: row('getsockname(2)', 'EBADF EFAULT EINVAL ENOBUFS ENOTSOCK'),
  getsockopt: row('getsockopt(2)', 'EBADF EFAULT EINVAL ENOPROTOOPT ENOTSOCK'),
  ioctl: row('ioctl(2)', 'EBADF EFAULT EINVAL ENOTTY'),
  listen: row('listen(2)', 'EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP'),
  memfd_create: row('memfd_create(2)', 'EFAULT EINVAL EMFILE ENFILE ENOMEM EPERM'),
  open: row('open(2)', 'EACCES EINTR EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOTDIR ENXIO EPERM'),
  pidfd_getfd: row('pidfd_getfd(2)', 'EBADF EINVAL EMFILE ENFILE EPERM ESRCH'),
  pidfd_open: row('pidfd_open(2)', 'EINVAL EMFILE ENFILE ENODEV ENOMEM ESRCH'),
  pipe: row('pipe(2)', 'EFAULT EMFILE ENFILE'),
  pipe2: row('pipe(2)', 'EFAULT EINVAL EMFILE ENFILE', 'pipe'),
  poll: row('poll(2)', 'EFAULT EINTR EINVAL ENOMEM', 'select', 'connect', 'accept', 'recv', 'send'),
  read: row('read(2)', 'EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR'),
  readv: row('readv(2), read(2)', 'EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR EOPNOTSUPP', 'read'),
  recvfrom: row(pages('recv'), receiving, 'recv'),
  recvmmsg: row(pages('recvmmsg'), receiving, 'recv'),
  recvmsg: row(pages('recvmsg'), receiving, 'recv', 'recvfrom'),
  select: row('select(2)', 'EBADF EINTR EINVAL ENOMEM'),
  sendfile: row('sendfile(2)', 'EAGAIN EBADF EFAULT EINVAL EIO ENOMEM EOVERFLOW ESPIPE', 'send'),
  sendmmsg: row(pages('sendmmsg'), sending),
  sendmsg: row(pages('sendmsg'), sending, 'send', 'sendto'),
  sendto: row(pages('send'), sending, 'send'),
  setsockopt: row('setsockopt(2), socket(7)', 'EBADF EDOM EFAULT EINVAL EISCONN ENOMEM ENOPROTOOPT ENOTSOCK EPERM'),
  shutdown: row('shutdown(2)', 'EBADF EINVAL ENOTCONN ENOTSOCK'),
  socket: row('socket(2)', 'EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT'),
  socketpair: row('socketpair(2)', 'EAFNOSUPPORT EFAULT EMFILE ENFILE EOPNOTSUPP EPROTONOSUPPORT'),
  splice: row('splice(2)', 'EAGAIN EBADF EINVAL ENOMEM ESPIPE'),
  write: row('write(2)', 'EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE'),
  writev: row('writev(2), write(2)', 'EAGAIN EBADF EFAULT EINTR EINVAL EIO ENOSPC EPERM EPIPE', 'write'),
}
