// What each call does, in one line, and its manual page.

const pages: Readonly<Record<string, string>> = {
  accept: 'accept(2): takes the first connection that waits, as a new descriptor; waits for one',
  bind: 'bind(2): gives the socket a local address',
  close: 'close(2): frees the descriptor; the last one of a socket ends its connection',
  connect: 'connect(2): connects the socket to an address; sets the peer of a datagram socket',
  dup: 'dup(2): another descriptor for the same socket',
  epoll_create: 'epoll_create(2): a descriptor that waits for many others',
  epoll_ctl: 'epoll_ctl(2): adds, changes or removes a descriptor that epoll waits for',
  epoll_wait: 'epoll_wait(2): waits until one of the added descriptors is ready',
  fcntl: 'fcntl(2): reads or sets flags of a descriptor',
  getpeername: 'getpeername(2): the address of the other end',
  getsockname: 'getsockname(2): the local address',
  getsockopt: 'getsockopt(2): reads an option; SO_ERROR is the result of a connect',
  ioctl: 'ioctl(2): asks or tells the device something, for example how many bytes are there',
  kevent: 'kevent(2): registers events, and waits for them',
  kqueue: 'kqueue(2): a descriptor that waits for events',
  listen: 'listen(2): the socket accepts connections from now on; the kernel keeps so many until they are accepted',
  poll: 'poll(2): waits until one of the descriptors is ready',
  read: 'read(2): receives bytes; none is the end of the stream',
  recv: 'recv(2): receives bytes; none is the end of the stream',
  recvmmsg: 'recvmmsg(2): receives several messages',
  recvmsg: 'recvmsg(2): receives bytes, into several buffers and with control messages',
  select: 'select(2): waits until one of the descriptors is ready',
  send: 'send(2): gives bytes to the kernel; it may take fewer',
  sendfile: 'sendfile(2): sends bytes of a file, without a copy in the program',
  sendmmsg: 'sendmmsg(2): sends several messages',
  sendmsg: 'sendmsg(2): sends bytes from several buffers, with control messages',
  setsockopt: 'setsockopt(2): sets an option',
  shutdown: 'shutdown(2): ends sending, receiving or both; the other end reads the end of the stream',
  socket: 'socket(2): a new socket, as a descriptor',
  socketpair: 'socketpair(2): two sockets that are connected to each other',
  splice: 'splice(2): moves bytes between a pipe and another descriptor',
  write: 'write(2): gives bytes to the kernel; it may take fewer',
}

const aliases: Readonly<Record<string, string>> = {
  accept4: 'accept',
  dup2: 'dup',
  dup3: 'dup',
  epoll_create1: 'epoll_create',
  epoll_pwait: 'epoll_wait',
  epoll_pwait2: 'epoll_wait',
  ppoll: 'poll',
  pselect6: 'select',
  readv: 'read',
  recvfrom: 'recv',
  sendto: 'send',
  writev: 'write',
}

/** `accept(2): …`; undefined for a call that is not listed. */
export const manualOf = (name: string): string | undefined => pages[aliases[name] ?? name]
