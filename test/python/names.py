"""Prints, as JSON, this Python's version and the public names of its modules socket, select, selectors and socketserver."""

import inspect
import json
import select
import selectors
import socket
import socketserver
import sys


def public(names):
    return sorted(name for name in names if not name.startswith("_"))


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_own(value, module):
    """Whether the module, or the C module behind it, defines the object, possibly under another name."""
    where = getattr(value, "__module__", None)
    return not inspect.ismodule(value) and where in (None, "builtins", module.__name__, "_" + module.__name__)


def of(module):
    return public(name for name, value in vars(module).items() if is_own(value, module) and not is_number(value))


left, right = socket.socketpair()
server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
tcp = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
right.close()
stream = socketserver.StreamRequestHandler(left, ("", 0), tcp)
datagram = socketserver.DatagramRequestHandler.__new__(socketserver.DatagramRequestHandler)
datagram.request, datagram.client_address, datagram.server = (b"", left), ("", 0), server
datagram.setup()
servers = [server, tcp, *([socketserver.ForkingTCPServer] if hasattr(socketserver, "ForkingTCPServer") else [])]

names = {
    "socket": of(socket),
    "socket objects": public(dir(socket.socket)),
    "select": of(select),
    "epoll objects": public(dir(getattr(select, "epoll", None))),
    "poll objects": public(dir(select.poll())),
    "kqueue objects": public(dir(getattr(select, "kqueue", None))),
    "selectors": public([*of(selectors), "EVENT_READ", "EVENT_WRITE"]),
    "selector objects": public(dir(selectors.DefaultSelector)),
    "SelectorKey objects": public(dir(selectors.SelectorKey)),
    "socketserver": of(socketserver),
    "server objects": public({name for server in servers for name in dir(server)}),
    "handler objects": public({*dir(stream), *dir(datagram)}),
}
constants = public(
    name for module in (socket, select) for name, value in vars(module).items() if is_number(value)
)
json.dump({"version": sys.version_info[:2], "names": names, "constants": constants}, sys.stdout)
