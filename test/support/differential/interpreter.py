"""Runs programs of socket calls, one a line of standard input as JSON, by Python's socket: what each call came to, as JSON.

A program's sockets have a timeout of Python's, or block as C's do, with the kernel's own timeout.
"""
import array
import errno
import itertools
import json
import os
import select
import socket
import struct
import sys
import threading

KINDS = {
    'tcp': (socket.AF_INET, socket.SOCK_STREAM),
    'tcp6': (socket.AF_INET6, socket.SOCK_STREAM),
    'udp': (socket.AF_INET, socket.SOCK_DGRAM),
    'unix': (socket.AF_UNIX, socket.SOCK_STREAM),
    'unix-datagram': (socket.AF_UNIX, socket.SOCK_DGRAM),
    'unix-seqpacket': (socket.AF_UNIX, socket.SOCK_SEQPACKET),
}
# What may be done to a socket while another thread receives from it; anything else waits for that to end.
TOGETHER = {'getsockname', 'getpeername', 'send', 'sendall', 'sendmsg', 'sendto', 'shutdown'}
RECEIVES = 5  # for so many steps a receiver may wait while others are done
names = itertools.count()


def runs(data):
    return ' '.join(f'{value}*{len(list(group))}' for value, group in itertools.groupby(data))


def flags_of(step):
    flags = 0
    for name in step['flags']:
        flags |= getattr(socket, name)
    return flags


class Program:
    def __init__(self, blocking):
        self.blocking = blocking
        self.sockets = []
        self.waits = False  # whether the call that is under way does
        self.receivers = []
        self.connecting = set()  # the open files of which a connect is under way
        self.files = {}  # of each socket the number of its open file, which duplicates share
        self.ports = {}
        self.named = {}

    def keep(self, new, like=None):
        self.set_timeout(new, 0.02)
        self.files[new] = self.files[like] if like else len(self.files)
        self.sockets.append(new)
        return len(self.sockets) - 1

    def set_timeout(self, one, seconds):
        if not self.blocking or seconds == 0:
            return one.settimeout(seconds)
        one.settimeout(None)
        time = struct.pack('ll', 0, int(seconds * 1e6))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, time)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, time)

    def open(self, kind):
        return socket.socket(*KINDS[kind])

    def label(self, address):
        """An address in words that do not depend on the run."""
        if isinstance(address, tuple):
            port = address[1]
            return [address[0], 0 if port == 0 else self.ports.setdefault(port, len(self.ports) + 1)]
        if not address:
            return None
        name = address if isinstance(address, bytes) else address.encode()
        return self.named.setdefault(name, f'name {len(self.named) + 1}')

    def bind_to(self, one):
        if one.family == socket.AF_UNIX:
            one.bind(f'\0differential-{os.getpid()}-{next(names)}')
        else:
            one.bind(('::1' if one.family == socket.AF_INET6 else '127.0.0.1', 0))

    def named_by(self, step):
        """The socket whose address a step gives: of the family of its own."""
        family = self.sockets[step['at'] % len(self.sockets)].family
        alike = [each for each in self.sockets if each.family == family]
        return alike[step['to'] % len(alike)]

    def connect(self, one, address):
        """With a timeout Python asks by SO_ERROR how it went, after which the kernel has the socket as still connecting until
        the next connect: that comes here at once, so that the socket is as it is where connect(2) waits.
        """
        file = self.files[one]
        asks = file not in self.connecting and one.gettimeout() and one.family != socket.AF_UNIX and one.type == socket.SOCK_STREAM
        self.connecting.discard(file)
        try:
            one.connect(address)
        except (BlockingIOError, TimeoutError):
            self.connecting.add(file)
            raise
        except ConnectionRefusedError:
            if asks:
                one.connect_ex(address)
            raise
        if asks:
            one.connect(address)  # which fails where the connection is gone already

    def run(self, index, step):
        self.wait(lambda receiver: receiver.index <= index - RECEIVES)
        try:
            return self.take(index, step)
        except TimeoutError:
            if step['op'].startswith('recv'):
                self.pass_urgent(index, step)
            raise
        finally:
            self.settle()

    def pass_urgent(self, index, step):
        """Python has waited and made no call: that goes on behind an urgent byte, which is over then. tcp(7)"""
        one = self.sockets[step['at'] % len(self.sockets)]
        timeout = one.gettimeout()
        one.settimeout(0)
        try:
            self.take(index, step)
        except OSError:
            pass
        finally:
            one.settimeout(timeout)

    def take(self, index, step):
        op = step['op']
        if op == 'open':
            return self.keep(self.open(step['kind']))
        if op == 'pair':
            return [self.keep(each) for each in socket.socketpair(*KINDS[step['kind']])]
        if op == 'served':
            listener = self.open(step['kind'])
            self.keep(listener)
            client = self.open(step['kind'])
            self.keep(client)
            self.bind_to(listener)
            listener.listen(5)
            self.connect(client, listener.getsockname())
            return self.keep(listener.accept()[0])
        if op == 'join':
            return self.join()
        if not self.sockets:
            return None
        one = self.sockets[step['at'] % len(self.sockets)]
        if one.fileno() >= 0:
            one.settimeout(one.gettimeout())  # duplicates share O_NONBLOCK, and none of Python's timeouts
        self.waits = self.blocking and one.gettimeout() is None and 'MSG_DONTWAIT' not in step.get('flags', [])
        other = self.named_by(step) if 'to' in step else None
        if op not in TOGETHER:
            self.wait(lambda receiver: receiver.file == self.files[one])
        if op == 'bind':
            return self.bind_to(one)
        if op == 'listen':
            return one.listen(step['backlog'])
        if op == 'accept':
            accepted, address = one.accept()
            return [self.keep(accepted), self.label(address)]
        if op == 'close':
            return one.close()
        if op == 'reset':
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return one.close()
        if op == 'dup':
            return self.keep(one.dup(), one)
        if op == 'getsockname':
            return self.label(one.getsockname())
        if op == 'getpeername':
            return self.label(one.getpeername())
        if op == 'poll':
            poll = select.poll()
            if one.fileno() < 0:
                raise OSError(errno.EBADF, '')
            poll.register(one, select.POLLIN | select.POLLOUT | select.POLLPRI)
            return [events for _, events in poll.poll(0)]
        if op == 'connect':
            return self.connect(one, other.getsockname())
        data = bytes([index + 1]) * step['size'] if 'size' in step else b''
        if op == 'send':
            return one.send(data, flags_of(step))
        if op == 'sendall':
            return one.sendall(data, flags_of(step))
        if op == 'sendto':
            return one.sendto(data, other.getsockname())
        if op == 'sendmsg':
            return one.sendmsg([bytes([index + 1]) * size for size in step['sizes']])
        if op == 'sendfd':
            # A Unix socket in its own queue is closed by the kernel at some time. unix(7)
            others = [each for each in self.sockets if each.family != socket.AF_UNIX]
            if not others:
                return None
            what = others[step['what'] % len(others)]
            if what.fileno() < 0:
                raise OSError(errno.EBADF, '')
            return one.sendmsg([b'd'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [what.fileno()]))])
        size = step.get('size')
        if op == 'recv':
            received = one.recv(size, flags_of(step)) if size else one.recvfrom(0, flags_of(step))[0]
            return runs(received[:size])
        if op == 'recvInto':
            buffer = bytearray(size)
            count = one.recv_into(buffer, size, flags_of(step)) if size else len(one.recvfrom(0, flags_of(step))[0])
            return [count, runs(buffer)]
        if op == 'recvfrom':
            received, address = one.recvfrom(size, flags_of(step))
            return [runs(received[:size]), self.label(address)]
        if op == 'recvmsg':
            received, _, flags, _ = one.recvmsg(size, 0, flags_of(step))
            return [runs(received[:size]), flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC | socket.MSG_EOR | socket.MSG_OOB)]
        if op == 'recvfd':
            room = socket.CMSG_LEN(4)
            received, control, flags, _ = one.recvmsg(10, room)
            fds = array.array('i')
            for level, kind, rights in control:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds.frombytes(rights[: len(rights) - len(rights) % 4])
            return [runs(received), [self.keep(socket.socket(fileno=fd)) for fd in fds]]
        if op == 'shutdown':
            return one.shutdown(step['how'])
        level = getattr(socket, step['level']) if 'level' in step else None
        if op == 'getsockopt':
            return one.getsockopt(level, getattr(socket, step['name'], step.get('number')))
        if op == 'setsockopt':
            return one.setsockopt(level, getattr(socket, step['name'], step.get('number')), step['value'])
        if op == 'settimeout':
            return self.set_timeout(one, step['ms'] / 1000)
        if op == 'begin':
            if one.fileno() < 0:
                raise OSError(errno.EBADF, '')
            self.set_timeout(one, 0.2)
            self.receivers.append(Receiver(index, one, self.files[one], step['size'], self.blocking))
            return None
        raise KeyError(op)

    def settle(self):
        """Lets the receivers take what there is: what comes next is none of theirs."""
        for receiver in self.receivers:
            while receiver.thread.is_alive() and receiver.ready():
                receiver.thread.join(0.001)

    def wait(self, which=lambda receiver: True):
        for receiver in self.receivers:
            if which(receiver):
                receiver.thread.join()

    def join(self):
        self.wait()
        found = [receiver.outcome for receiver in self.receivers]
        self.receivers = []
        return found


class Receiver:
    """Another thread, which receives once."""

    def __init__(self, index, one, file, size, blocking):
        self.index = index
        self.file = file
        self.poll = select.poll()
        self.poll.register(one, select.POLLIN)
        self.thread = threading.Thread(target=self.receive, args=(one, size, blocking))
        self.thread.start()

    def receive(self, one, size, blocking):
        self.outcome = outcome(lambda: runs(one.recv(size)), blocking)

    def ready(self):
        return self.poll.poll(0) != []


def outcome(call, waits):
    try:
        return {'value': call()}
    except TimeoutError:
        return {'error': 'ETIMEDOUT'}
    except socket.gaierror:
        return {'error': 'argument'}  # an address of the other IP
    except OSError as error:
        # By SO_RCVTIMEO and SO_SNDTIMEO a time that is over is EAGAIN or, of connect, EINPROGRESS. socket(7)
        if error.errno in (errno.EAGAIN, errno.EINPROGRESS) and (waits() if callable(waits) else waits):
            return {'error': 'ETIMEDOUT'}
        return {'error': errno.errorcode.get(error.errno, str(error))}
    except (OverflowError, TypeError, ValueError):
        return {'error': 'argument'}


class Connection:
    """What a reactor's connection is to be, in plain calls: after each turn it takes all that has come."""

    def __init__(self, one, half_open):
        self.one = one
        self.half_open = half_open
        self.data = b''
        self.paused = self.at_end = self.ended = self.ending = self.finished = False
        self.failure = None
        self.refused = False  # the last write was: its caller waits for `drain`, which never comes
        self.closed = False

    def write(self, data):
        if self.closed or self.ending:
            return
        if self.failure:
            self.refused = True
            return
        try:
            self.one.send(data, socket.MSG_DONTWAIT)
        except OSError as error:
            self.failure = errno.errorcode[error.errno]
            self.refused = True

    def close(self, why=True):
        if not self.closed:
            self.one.close()
            self.closed = why

    def pending(self):
        """The error that the kernel has to tell, if there is one."""
        return errno.errorcode.get(self.one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def destroy(self):
        if not self.closed:
            self.close(self.failure or self.pending() or True)

    def settle(self):
        if self.closed:
            return
        if self.paused and not self.at_end:
            return self.look()
        while not self.at_end:
            try:
                data = self.one.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError as error:
                return self.close(self.failure or errno.errorcode[error.errno])
            self.data += data
            if not data:
                self.at_end = True
                # After a reset recv(2) gives 0 too, once a send has told of it: that is no end. EPIPE comes after one.
                self.ended = self.half_open and self.failure in (None, 'EPIPE')
                self.ending = self.ending or not self.half_open
        if self.at_end and not self.failure:
            self.failure = self.pending()
        if self.failure:
            return self.close(self.failure)
        self.finish()

    def look(self):
        """Of one that is paused: whether an error stands before anything else."""
        try:
            unread = self.one.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
        except BlockingIOError:
            unread = b''
        except OSError as error:
            return self.close(self.failure or errno.errorcode[error.errno])
        if not unread:
            self.failure = self.failure or self.pending()
        if self.failure and (self.refused or not unread):
            self.close(self.failure)

    def finish(self):
        if not self.ending:
            return
        if self.at_end:
            return self.close()
        if not self.finished:
            self.finished = True
            try:
                self.one.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # receiving tells of a peer that is gone


def take(connection, peer, index, turn):
    """What the peer hears in this turn."""
    op = turn['op']
    data = bytes([index + 1]) * turn.get('size', 0)
    if op == 'write':
        connection.write(data)
    elif op == 'end':
        if not connection.closed:
            connection.ending = True
            if not connection.failure:
                connection.finish()
    elif op == 'destroy':
        connection.destroy()
    elif op == 'pause':
        connection.paused = True
    elif op == 'resume':
        connection.paused = False
    heard = b''
    if peer.fileno() < 0:
        return heard
    try:
        if op == 'send':
            peer.send(data, socket.MSG_DONTWAIT)
        elif op == 'shutdown':
            peer.shutdown(socket.SHUT_WR)
        elif op == 'reset':
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            peer.close()
        elif op == 'close':
            peer.close()
        elif op == 'receive':
            while data := peer.recv(65536, socket.MSG_DONTWAIT):
                heard += data
    except OSError:
        pass  # there is no more, or the peer itself fails, which is no part of it
    return heard


def converse(kind, half_open, turns):
    family = socket.AF_INET if kind == 'tcp' else socket.AF_UNIX
    states = []
    heard = b''
    with socket.socket(family) as listener, socket.socket(family) as peer:
        listener.bind(('127.0.0.1', 0) if kind == 'tcp' else f'\0conversation-{os.getpid()}-{next(names)}')
        listener.listen()
        peer.connect(listener.getsockname())
        accepted = listener.accept()[0]
        if kind == 'tcp':
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the reactor's are
        connection = Connection(accepted, half_open)
        for index, turn in enumerate(turns):
            heard += take(connection, peer, index, turn)
            connection.settle()
            state = {'data': runs(connection.data), 'ended': connection.ended, 'closed': connection.closed, 'peer': runs(heard)}
            states.append(state)
        connection.close()
    return states


def run(given):
    program = Program(given['blocking'])
    try:
        return [
            outcome(lambda: program.run(index, step), lambda: program.waits)
            for index, step in enumerate(given['steps'])
        ]
    finally:
        program.wait()
        for each in program.sockets:
            each.close()


for line in sys.stdin:
    given = json.loads(line)
    answer = run(given) if 'steps' in given else converse(given['kind'], given['halfOpen'], given['turns'])
    print(json.dumps(answer), flush=True)
