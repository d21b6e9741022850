"""What a hostile submission would try. Its source is run inside a sandbox, which has no other file of ours.

Every function returns a list of sentences on what it could do, which is empty if all is well.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import socket
import sys
import time


def read_files(facts):
    """Files of the checkout, of the home folder, of the grader."""
    return [f"can read {path}" for path in facts["hidden"] if os.path.exists(path)]


def reach_network(facts):
    """A server on the same machine, by its port and by an abstract local address."""
    wrong = []
    for family, address in ((socket.AF_INET, ("127.0.0.1", facts["port"])), (socket.AF_UNIX, facts["local"])):
        with contextlib.suppress(OSError), socket.socket(family) as client:
            client.settimeout(1)
            client.connect(address)
            wrong.append("can reach the machine's network" if family == socket.AF_INET else
                         "can reach local servers of the machine")
    with contextlib.suppress(OSError):
        if others := [name for _, name in socket.if_nameindex() if name != "lo"]:
            wrong.append(f"has network interfaces: {', '.join(others)}")
    return wrong


def share_namespaces(facts):
    """What of the machine is shared: processes, shared memory, mounts, the network."""
    wrong = []
    for kind, link in facts["namespaces"].items():
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/ns/{kind}") == link:
                wrong.append(f"shares the machine's {kind} namespace")
    with contextlib.suppress(OSError):
        if (others := sum(name.isdigit() for name in os.listdir("/proc"))) > 5:
            wrong.append(f"sees {others} processes")
    return wrong


def be_somebody(facts):
    """Privileges."""
    wrong = ["is root"] if 0 in os.getresuid() + os.getresgid() else []
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        status = {name: value.strip() for name, _, value in (line.partition(":") for line in file)}
        wrong += [f"has capabilities ({name} {status[name]})" for name in ("CapEff", "CapPrm", "CapBnd")
                  if int(status[name], 16)]
        if status.get("NoNewPrivs") != "1":
            wrong.append("could gain privileges from a setuid program")
    return wrong


def write_elsewhere(facts):
    """Folders outside the scratch space."""
    scratch = tuple(os.path.realpath(path) for path in facts["scratch"])
    places = {"/", os.getcwd(), sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), "/proc/sys/kernel"}
    for folder in ("/", "/dev", "/etc", "/usr", "/var", "/book"):
        with contextlib.suppress(OSError):
            places |= {os.path.join(folder, name) for name in os.listdir(folder)}
    places -= {"/dev/pts", "/dev/mqueue"}  # not disks: terminals and message queues of its own namespaces
    return [f"can write to {path}" for path in sorted(places) if os.path.isdir(path) and os.access(path, os.W_OK)
            and not os.path.realpath(path).startswith((*scratch, f"/proc/{os.getpid()}/"))]


def fill_disk(facts):
    """More than the scratch space, and a file that is too large."""
    wrong, names, held, size = [], [], 0, facts["file_size"]
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for folder in facts["scratch"]:
        for i in range(2 * facts["disk"] // size):
            names.append(os.path.join(folder, f"fill{i}"))
            with contextlib.suppress(OSError), open(names[-1], "wb", buffering=0) as file:
                held += file.write(bytes(size))
                held += (more := file.write(b"more"))
                if more:
                    wrong.append("can write larger files than allowed")
                    break
    if held > facts["disk"]:
        wrong.append("can fill more than the scratch space")
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(name)
    return wrong


def fork(facts):
    """More processes than allowed."""
    children = []
    with contextlib.suppress(OSError):
        while len(children) < 2 * facts["processes"]:
            if not (child := os.fork()):
                time.sleep(30)
                os._exit(0)
            children.append(child)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return ["can have more processes than allowed"] if len(children) >= facts["processes"] else []


def take_memory(facts):
    """More than allowed, in one process; only asked for and not used, or whoever watches would come first."""
    with contextlib.suppress(OSError), mmap.mmap(-1, 2 * facts["memory"]):
        return ["can have more memory than allowed"]
    return []


def take_memory_together(facts):
    """Twice as much as allowed, in eight processes; last, as whoever tries should not live to tell."""
    ready, done = os.pipe()
    children = []
    for _ in range(8):
        if not (child := os.fork()):
            with contextlib.suppress(MemoryError):
                held = bytearray(b"x") * (facts["memory"] // 4)
                os.write(done, held[:1])
            time.sleep(30)
            os._exit(0)
        children.append(child)
    os.close(done)
    os.set_blocking(ready, False)
    count = 0
    for _ in range(200):
        time.sleep(0.01)
        with contextlib.suppress(BlockingIOError):
            count += len(os.read(ready, 8))
        if count == 8:
            time.sleep(1)  # for whoever watches
            break
    alive = 0
    for child in children:
        if os.waitpid(child, os.WNOHANG) == (0, 0):
            alive += 1
            os.kill(child, signal.SIGKILL)
    return ["can have more memory than allowed, in several processes"] if count == alive == 8 else []


def main():
    """Try everything; the facts come by standard input, and sentences go out, one list a line."""
    facts = json.loads(sys.stdin.readline())
    for attempt in (read_files, reach_network, share_namespaces, be_somebody, write_elsewhere, fill_disk, fork,
                    take_memory, take_memory_together):
        try:
            print(json.dumps(attempt(facts)), flush=True)
        except Exception as error:
            print(json.dumps([f"could not be tested ({attempt.__name__}: {error!r})"]), flush=True)


if __name__ == "__main__":
    main()
