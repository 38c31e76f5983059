"""Prints, as JSON, this Python's executable and every integer constant of its modules socket and select."""

import json
import os
import select
import socket
import sys

constants = {
    name: int(value)
    for module in (socket, select)
    for name, value in vars(module).items()
    if isinstance(value, int) and not isinstance(value, bool)
}
json.dump({"executable": os.path.realpath(sys.executable), "constants": constants}, sys.stdout)
