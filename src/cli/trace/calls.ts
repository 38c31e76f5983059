// The calls that a trace shows.

/** Calls that send bytes. */
export const sends = /^(write|writev|send|sendto|sendmsg|sendmmsg|sendfile)$/

/** Calls that receive bytes. */
export const receives = /^(read|readv|recv|recvfrom|recvmsg|recvmmsg)$/

/** Calls that wait for descriptors. */
export const waits = /^(p?poll|p?select6?|epoll_p?wait2?|kevent)$/

/** Groups of calls, for --calls. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  close: ['close', 'shutdown'],
  connect: ['accept', 'accept4', 'bind', 'connect', 'listen', 'socket', 'socketpair'],
  data: [
    ...['read', 'readv', 'recv', 'recvfrom', 'recvmmsg', 'recvmsg', 'send', 'sendfile', 'sendmmsg', 'sendmsg'],
    ...['sendto', 'splice', 'write', 'writev'],
  ],
  names: ['getpeername', 'getsockname'],
  options: ['fcntl', 'getsockopt', 'ioctl', 'setsockopt'],
  wait: [
    ...['epoll_create', 'epoll_create1', 'epoll_ctl', 'epoll_pwait', 'epoll_pwait2', 'epoll_wait', 'kevent'],
    ...['kqueue', 'poll', 'ppoll', 'pselect6', 'select'],
  ],
}

/** The calls that are traced by strace, besides those of sockets alone: they are shown if they are made with a socket. */
export const traced = [
  '%network',
  ...['access', 'clone', 'clone3', 'close', 'dup', 'dup2', 'dup3', 'epoll_create', 'epoll_create1', 'epoll_ctl'],
  ...[
    'epoll_pwait',
    'epoll_pwait2',
    'epoll_wait',
    'execve',
    'exit_group',
    'faccessat',
    'fcntl',
    'fork',
    'ioctl',
    'poll',
  ],
  ...['ppoll', 'pselect6', 'read', 'readv', 'select', 'sendfile', 'splice', 'vfork', 'write', 'writev'],
]
