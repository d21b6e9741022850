"""A filter of system calls: what a student's Python never needs and what no other limit holds.

It closes memory that no process is charged for (memfd, System V segments, message queues, which outlive
their process), sockets other than local ones (AF_VSOCK reaches a virtual machine's host past any network namespace),
new namespaces, other processors than its own, and the parts of the kernel in which holes were most often found.
The program is that of a classic BPF filter, see ``man 2 seccomp``.
"""

from __future__ import annotations

import errno
import platform
import struct

__all__ = ["program"]

# Numbers of the calls on (x86_64, aarch64), from the kernel's tables.
DENIED = {
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "sched_setaffinity": (203, 122), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "pidfd_getfd": (438, 438),
}
CLONE, CLONE3, SOCKET = (56, 220), (435, 435), (41, 198)
NAMESPACES = 0x7E020000  # the CLONE_NEW... flags
AF_UNIX = 1
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the numbers, AUDIT_ARCH
X32 = 0x40000000  # the bit of x86_64's second set of numbers

# struct seccomp_data: the number at 0, the architecture at 4, the first argument's low half at 16
NUMBER, ARCHITECTURE, ARGUMENT = 0, 4, 16
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW = 0x7FFF0000


def program(machine: str | None = None) -> bytes | None:
    """The filter's program.

    Parameters
    ----------
    machine : str, optional
        As ``platform.machine()`` says, which is the default.

    Returns
    -------
    bytes or None
        None for a machine whose numbers are not known here: then memfd and System V memory are bounded only by the
        limits on files, descriptors and processes.
    """
    column, architecture = MACHINES.get(machine or platform.machine(), (None, None))
    if column is None:
        return None
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), _fail(errno.EPERM),
             (LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, X32), _fail(errno.ENOSYS)]
    for numbers in DENIED.values():
        steps += [(EQUAL, 0, 1, numbers[column]), _fail(errno.EPERM)]
    steps += [(EQUAL, 0, 1, CLONE3[column]), _fail(errno.ENOSYS)]  # out of the filter's reach; libc takes clone
    steps += [(EQUAL, 0, 4, CLONE[column]), (LOAD, 0, 0, ARGUMENT), (ANY_BIT, 0, 1, NAMESPACES), _fail(errno.EPERM),
              (RETURN, 0, 0, ALLOW)]
    steps += [(EQUAL, 0, 4, SOCKET[column]), (LOAD, 0, 0, ARGUMENT), (EQUAL, 1, 0, AF_UNIX), _fail(errno.EACCES),
              (RETURN, 0, 0, ALLOW)]
    steps += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _fail(error):
    return (RETURN, 0, 0, 0x00050000 | error)
