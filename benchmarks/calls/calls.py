"""Prints the cost of one call from Python, in nanoseconds, as one line of JSON."""
import json
import os
import socket
import sys
import time

BATCH = 100
milliseconds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
left, right = socket.socketpair()
lost = socket.socket(socket.AF_UNIX)
small, large, room = bytes(64), bytes(16384), bytearray(16384)


def exchange(data):
    if left.send(data) != len(data) or right.recv_into(room) != len(data):
        raise RuntimeError("send + recv")


def eagain():
    try:
        left.recv_into(room, 0, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return
    raise RuntimeError("recv")


def error():
    try:
        lost.getpeername()
    except OSError:
        return
    raise RuntimeError("getpeername")


CALLS = {
    "getppid": os.getppid,
    "no system call (htons)": lambda: socket.htons(1),
    "getsockopt": lambda: left.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
    "send + recv, 64 B": lambda: exchange(small),
    "send + recv, 16 KiB": lambda: exchange(large),
    "recv, EAGAIN": eagain,
    "an error thrown": error,
}


def measure(call):
    best = 1e9
    end = time.perf_counter_ns() + milliseconds * 1_000_000
    while best == 1e9 or time.perf_counter_ns() < end:
        before = time.perf_counter_ns()
        for _ in range(BATCH):
            call()
        best = min(best, (time.perf_counter_ns() - before) / BATCH)
    return best


print(json.dumps({name: measure(call) for name, call in CALLS.items()}))
