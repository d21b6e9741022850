"""What a student's code must not be able to do, it really cannot: each is an attempt inside a sandbox."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from assignments.limits import MiB, Limits
from assignments.teacher import isolation, probe, seccomp
from assignments.teacher.sandbox import user
from assignments.teacher.watch import memory, tree

ROOT = Path(__file__).parents[1]
SMALL = Limits(memory=256 * MiB, processes=16, file_size=2 * MiB, disk=8 * MiB, cell=5, total=10)
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def missing(reason):
    """Skip; but where the tests have to be complete, fail."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def sandbox():
    try:
        box = isolation.Bubblewrap()
        with box.start(["-c", "print(1)"], SMALL) as (process, _):
            started = process.communicate()[0] == b"1\n"
    except isolation.IsolationUnavailable as error:
        missing(f"needs bubblewrap: {error}")
    if not started:
        missing("needs bubblewrap, which makes no namespaces for this user")
    return box


class Inside:
    """Runs code in a sandbox, to its end or until it is ended."""

    def __init__(self, box, code, limits=SMALL, slot=0, packages=()):
        with box.start(["-I", "-c", textwrap.dedent(code)], limits, slot, packages) as (process, reason):
            try:
                self.output = process.communicate(timeout=limits.total)[0].decode()
            except subprocess.TimeoutExpired:
                self.output = "(it did not end)"
            self.reason, self.code = reason(), process.returncode


def marked(mark):
    """Processes that were started with this word, or whose parents were."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in " ".join(process.cmdline()) and process.pid != os.getpid():
                found.append(process.pid)
        except psutil.Error:
            pass
    return found


def gone(pids, seconds=5.0):
    """Whether these processes end in time."""
    end = time.monotonic() + seconds
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# --- the self-test: it finds nothing, and would find something

def test_the_self_test_finds_nothing(sandbox):
    assert isolation.probe(sandbox) == []


def without(*words):
    def change(command):
        at = next(i for i in range(len(command)) if command[i:i + len(words)] == list(words))
        return command[:at] + command[at + len(words):]
    return change


def instead(before, after):
    return lambda command: [after if word == before else word for word in command]


def also(*words):
    def change(command):
        at = command.index("--proc")
        return [*command[:at], *words, *command[at:]]
    return change


def limit(name, value):
    return lambda command: [f"--{name}={value}:{value}" if word.startswith(f"--{name}=") else word for word in command]


@pytest.mark.parametrize("weaken, found", [
    (without("--unshare-net"), "can reach local servers of the machine"),
    (without("--unshare-net"), "shares the machine's net namespace"),
    (without("--unshare-pid"), "shares the machine's pid namespace"),
    (without("--unshare-ipc"), "shares the machine's ipc namespace"),
    (without("--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"), "shares the machine's uts namespace"),
    (also("--ro-bind", str(ROOT), str(ROOT)), f"can read {ROOT / 'README.md'}"),
    (also("--perms", "1777", "--tmpfs", "/srv"), "can write to /srv"),
    (instead(str(probe.SMALL.disk * 7 // 8), str(99 * MiB)), "can fill more than the scratch space"),
    (limit("fsize", 9 * MiB), "can write larger files than allowed"),
    (limit("nproc", 200), "can have more processes than allowed"),
    (limit("as", 4096 * MiB), "can have more memory than allowed"),
], ids=lambda x: x if isinstance(x, str) else "")
def test_the_self_test_would_find(sandbox, monkeypatch, weaken, found):
    class Weaker(isolation.Bubblewrap):
        def command(self, *arguments):
            return weaken(super().command(*arguments))

    monkeypatch.setattr(probe, "NEEDED", "print('works')")
    assert found in isolation.probe(Weaker())


def test_the_self_test_would_find_that_nobody_watches(sandbox, monkeypatch):
    monkeypatch.setattr(probe, "NEEDED", "print('works')")
    monkeypatch.setattr("assignments.teacher.watch.Watch._look", lambda self: None)
    assert isolation.probe(isolation.Bubblewrap()) == ["can have more memory than allowed, in several processes"]


@pytest.mark.skipif(not IS_ROOT, reason="root alone can become another user")
def test_an_ordinary_user_is_protected_as_well(sandbox, tmp_path):
    """In a mount namespace of their own, in which they can reach this Python wherever it is."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        missing("needs unshare and setpriv")
    parts = dict.fromkeys(map(str, (ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())))
    closed = {part: next((str(above) for above in reversed(Path(part).parents)
                          if not above.stat().st_mode & stat.S_IXOTH), None) for part in parts}
    script = ["set -e", f"mount -t tmpfs none {tmp_path}"]
    for i, (part, above) in enumerate(closed.items()):
        if above:
            script += [f"mkdir {tmp_path}/{i}", f"mount --rbind '{part}' {tmp_path}/{i}"]
    script += [f"mount -t tmpfs -o mode=0755 none '{above}'" for above in dict.fromkeys(filter(None, closed.values()))]
    for i, (part, above) in enumerate(closed.items()):
        if above:
            script += [f"mkdir -p '{part}'", f"mount --rbind {tmp_path}/{i} '{part}'"]
    script.append("exec setpriv --reuid 61999 --regid 61999 --clear-groups --inh-caps=-all --bounding-set=-all \"$@\"")
    code = ("import json, os; from assignments.teacher.isolation import Bubblewrap, probe; "
            "print(json.dumps([os.getuid(), probe(Bubblewrap())]))")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", "\n".join(script), "sh", sys.executable, "-c", code],
                          cwd=ROOT, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": "/dev/shm"})
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        missing(f"may not mount: {done.stderr.strip()}")
    assert json.loads(done.stdout or repr(done.stderr)) == [61999, []]


# --- files

def test_there_is_nothing_but_python(sandbox, tmp_path, monkeypatch):
    secret = tmp_path / "submission.txt"
    secret.write_text("not yours")
    secret.chmod(0o644)
    monkeypatch.setenv("A_TOKEN", "not yours")
    done = Inside(sandbox, f"""
        import json, os
        def read(path):
            try:
                return open(path, "rb").read().decode("latin-1")
            except OSError:
                return None
        print(json.dumps({{
            "files": [read(path) for path in {[str(secret), __file__, str(ROOT / "README.md")]}],
            "token": [name for name in ("self", "1") if "A_TOKEN" in (read(f"/proc/{{name}}/environ") or "")],
            "there": [path for path in ("/sys", "/run", "/var", "/home", "/etc/passwd") if os.path.exists(path)],
            "here": [os.getcwd(), *os.listdir()], "open": len(os.listdir("/proc/self/fd"))}}))""")
    # open are the standard three, and the folder that is listed
    places = {Path(place).parts[:3] for place in (sys.prefix, sys.base_prefix)}  # an environment may lie in /tmp itself
    pythons = sorted(parts[2] for parts in places if parts[:2] == ("/", "tmp"))
    assert json.loads(done.output) == {"files": [None] * 3, "token": [], "there": [], "here": ["/tmp", *pythons],
                                       "open": 4}


def test_a_package_is_there_only_if_asked_for(sandbox):
    code = """
        import sys
        sys.path.append("/book")
        from lrdlib import tasks
        try:
            open(tasks.__file__, "a")
        except OSError as error:
            print(tasks.__file__, error.errno)"""
    limits = Limits(memory=512 * MiB, total=10)
    assert Inside(sandbox, code, limits).output == ""
    given = Inside(sandbox, code, limits, packages=[ROOT / "lrdlib"])
    assert given.output in [f"/book/lrdlib/tasks.py {refused}\n" for refused in (errno.EACCES, errno.EROFS)]
    assert sandbox.path([ROOT / "lrdlib"]) == ["/book"] and sandbox.path([]) == []


def test_an_installed_copy_of_ours_is_covered(sandbox, tmp_path, monkeypatch):
    for name in ("lrdlib", "harmless"):
        (tmp_path / "lib" / name).mkdir(parents=True)
        (tmp_path / "lib" / name / "__init__.py").touch()
    tmp_path.chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    done = Inside(sandbox, f"import os; print([os.listdir(os.path.join({str(tmp_path / 'lib')!r}, name)) "
                           "for name in ('lrdlib', 'harmless')])")
    assert done.output == "[[], ['__init__.py']]\n"


def test_scratch_space_ends(sandbox):
    done = Inside(sandbox, """
        import errno, json, os, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        held, errors = 0, set()
        for folder in ("/tmp", "/dev/shm"):
            for i in range(9):
                try:
                    with open(f"{folder}/{i}", "wb", buffering=0) as file:
                        while True:
                            held += file.write(bytes(2**16))
                except OSError as error:
                    errors.add(errno.errorcode[error.errno])
        print(json.dumps([held, sorted(errors)]))""")
    held, errors = json.loads(done.output)
    assert held <= SMALL.disk and errors == ["EFBIG", "ENOSPC"]


def test_many_small_files_are_memory(sandbox):
    done = Inside(sandbox, """
        i = 0
        while True:
            open(f"{(i := i + 1)}", "w").close()""", Limits(memory=48 * MiB, total=10))
    assert done.reason == "used more than 48 MB of memory"


# --- memory

def test_one_process_gets_a_memory_error(sandbox):
    done = Inside(sandbox, """
        try:
            bytearray(50 * 2**30)
        except MemoryError:
            print("no")""")
    assert (done.output, done.reason) == ("no\n", None)


def test_memory_of_many_processes_counts_together(sandbox):
    done = Inside(sandbox, """
        import os, time
        for i in range(12):
            if not os.fork():
                held = bytearray(b"x") * (40 * 2**20)
                time.sleep(60)
        time.sleep(60)""")
    assert done.reason == "used more than 256 MB of memory" and done.code != 0


def test_memory_that_is_shared_counts_once(sandbox):
    done = Inside(sandbox, """
        import os, time
        held = bytearray(b"x") * (100 * 2**20)
        children = []
        for i in range(6):
            if not (child := os.fork()):
                time.sleep(0.6)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        print(len(held))""")
    assert (done.output, done.reason) == (f"{100 * MiB}\n", None)


def test_memory_is_measured(sandbox):
    code = "held = bytearray(b'x') * (100 * 2**20); open('file', 'wb').write(held[:2**20]); print(1); input()"
    with sandbox.start(["-c", code], SMALL) as (process, _):
        process.stdout.readline()
        low, high = memory(process.pid, 2**40), memory(process.pid, 2**40, sandbox.scratch)
    assert 100 * MiB < low < 140 * MiB
    assert MiB <= high - low < 2 * MiB


# --- processes

def test_a_fork_bomb_stays_small_and_ends(sandbox):
    code = """
        import os
        print("begun", flush=True)
        while True:
            try:
                os.fork()
            except OSError:
                pass"""
    with sandbox.start(["-I", "-c", textwrap.dedent(code)], SMALL) as (process, _):
        process.stdout.readline()
        time.sleep(0.3)
        pids = tree(process.pid)
        # Another sandbox starts as ever meanwhile
        assert Inside(sandbox, "import os; print(os.fork() >= 0)", slot=1).output.startswith("True")
    assert SMALL.processes // 2 < len(pids) <= SMALL.processes + 3  # bubblewrap's own
    assert gone(pids)


def test_nothing_outlives_the_sandbox(sandbox):
    mark = "a-daemon-of-test-isolation"
    code = f"""
        import os, sys, time
        if not os.fork():
            os.setsid()
            if not os.fork():
                for descriptor in range(3):
                    os.close(descriptor)
                os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", "{mark}"])
            os._exit(0)
        os.wait()
        time.sleep(0.3)
        print("left", flush=True)"""
    with sandbox.start(["-I", "-c", textwrap.dedent(code)], SMALL) as (process, _):
        assert process.stdout.readline() == b"left\n"
        process.wait(5)
        assert gone(marked(mark))


def test_nothing_outlives_the_grader(sandbox, tmp_path):
    mark = "an-orphan-of-test-isolation"
    code = f"""
        from assignments.teacher.isolation import Bubblewrap
        with Bubblewrap().start(["-c", "import time; print(1, flush=True); time.sleep(60)", "{mark}"]) as (process, _):
            print(process.stdout.readline(), flush=True)
            process.wait()"""
    grader = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.PIPE,
                              env={**os.environ, "TMPDIR": str(tmp_path)})
    with grader:
        assert grader.stdout.readline() == b"b'1\\n'\n"
        pids = tree(grader.pid)
        assert len(pids) >= 3 and set(marked(mark)) & set(pids)
        grader.kill()
    assert gone(pids)


def test_only_its_own_processes_are_seen(sandbox):
    done = Inside(sandbox, "import os; print(sorted(name for name in os.listdir('/proc') if name.isdigit()))")
    assert len(eval(done.output)) <= 3


# --- privileges and the kernel

def test_there_are_no_privileges(sandbox):
    done = Inside(sandbox, """
        import json, os
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        print(json.dumps({"ids": sorted({*os.getresuid(), *os.getresgid(), *os.getgroups()}),
                          "caps": sum(int(status[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")),
                          "new": int(status["NoNewPrivs"])}))""", slot=5)
    found = json.loads(done.output)
    assert found == {"ids": [user(5) if IS_ROOT else 65534], "caps": 0, "new": 1}


@pytest.mark.skipif(shutil.which("taskset") is None, reason="there is no taskset")
def test_there_is_one_processor(sandbox):
    done = Inside(sandbox, """
        import os
        try:
            os.sched_setaffinity(0, range(os.cpu_count()))
        except OSError:
            pass
        print(len(os.sched_getaffinity(0)))""")
    assert int(done.output) == (1 if seccomp.program() else min(os.cpu_count(), int(done.output)))


@pytest.mark.skipif(seccomp.program() is None, reason="the numbers of this machine's system calls are not known")
def test_the_kernel_is_mostly_closed(sandbox):
    done = Inside(sandbox, """
        import ctypes, json, os, socket, threading
        libc, said = ctypes.CDLL(None, use_errno=True), {}
        for name, arguments in {"memfd_create": (b"x", 0), "shmget": (0, 4096, 0o1600), "unshare": (1 << 28,),
                                "ptrace": (0, 0, 0, 0), "mount": (b"a", b"/tmp", b"tmpfs", 0, None)}.items():
            said[name] = ctypes.get_errno() if getattr(libc, name)(*arguments) < 0 else 0
        for family in ("AF_INET", "AF_INET6", "AF_VSOCK", "AF_NETLINK"):
            try:
                said[family] = socket.socket(getattr(socket, family)).fileno() * 0
            except OSError as error:
                said[family] = error.errno
        thread = threading.Thread(target=lambda: said.update(thread=0))
        thread.start()
        thread.join()
        socket.socketpair()[0].close()
        print(json.dumps(said))""")
    calls = dict.fromkeys(("memfd_create", "shmget", "unshare", "ptrace", "mount"), errno.EPERM)
    families = dict.fromkeys(("AF_INET", "AF_INET6", "AF_VSOCK", "AF_NETLINK"), errno.EACCES)
    assert json.loads(done.output) == {**calls, **families, "thread": 0}


def filtered(machine, architecture, number, argument=0):
    """What the filter says, by a classic BPF machine of a few lines."""
    data = struct.pack("=iIQ6Q", number, architecture, 0, argument, 0, 0, 0, 0, 0)
    steps = [step for step in struct.iter_unpack("=HBBI", seccomp.program(machine))]
    at = held = 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == seccomp.RETURN:
            return value
        if code == seccomp.LOAD:
            held = struct.unpack_from("=I", data, value)[0]
        else:
            true = {seccomp.EQUAL: held == value, seccomp.AT_LEAST: held >= value, seccomp.ANY_BIT: held & value}[code]
            at += yes if true else no


@pytest.mark.parametrize("machine, own, other", [
    ("x86_64", 0xC000003E, 0x40000003), ("aarch64", 0xC00000B7, 0x40000028)])
def test_the_filter_of_each_machine(machine, own, other):
    column = seccomp.MACHINES[machine][0]
    allow, fail = seccomp.ALLOW, 0x00050000
    assert {filtered(machine, own, numbers[column]) for numbers in seccomp.DENIED.values()} == {fail | errno.EPERM}
    assert filtered(machine, other, 0) == fail | errno.EPERM
    clone, clone3, opened = (numbers[column] for numbers in (seccomp.CLONE, seccomp.CLONE3, seccomp.SOCKET))
    assert filtered(machine, own, clone, 0x01200011) == allow  # as fork has it
    assert filtered(machine, own, clone, 0x10000011) == fail | errno.EPERM  # CLONE_NEWUSER
    assert filtered(machine, own, clone3) == fail | errno.ENOSYS
    assert [filtered(machine, own, opened, family) for family in (socket.AF_UNIX, socket.AF_INET, 40)] == [
        allow, fail | errno.EACCES, fail | errno.EACCES]
    taken = {numbers[column] for numbers in [*seccomp.DENIED.values(), seccomp.CLONE, seccomp.CLONE3, seccomp.SOCKET]}
    assert {filtered(machine, own, number) for number in set(range(420)) - taken} == {allow}
    assert machine != "x86_64" or filtered(machine, own, 0x40000000 | 56) == fail | errno.ENOSYS


# --- what is chosen

def test_what_works_is_chosen_and_prepared(sandbox):
    """Prepared: matplotlib finds its fonts listed, and can keep other things beside the list."""
    box = isolation.choose()
    assert box.name == "bubblewrap"
    code = """
        import os
        os.chdir(os.environ["MPLCONFIGDIR"])
        before = os.listdir()
        from matplotlib import font_manager
        print(before == os.listdir(), len(before), os.path.exists(font_manager.findfont("serif")))
        open("other", "w").close()
        try:
            open(before[0], "w")
        except OSError:
            print("read-only")"""
    assert Inside(box, code, Limits(memory=512 * MiB, total=10)).output == "True 1 True\nread-only\n"


def test_nothing_less_is_chosen(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(isolation.IsolationUnavailable) as refused:
        isolation.choose()
    for word in ("bubblewrap: there is no", "container: there is neither podman nor docker", "install",
                 "--isolation none"):
        assert word in str(refused.value)


def test_what_lets_something_through_is_not_chosen(sandbox, monkeypatch, tmp_path):
    weak = tmp_path / "bwrap"
    weak.write_text(f"""#!{sys.executable}
import os, sys
arguments = [word for word in sys.argv[1:] if word != "--unshare-net"]
os.execv({shutil.which("bwrap")!r}, ["bwrap", *arguments])
""")
    weak.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(isolation.IsolationUnavailable, match="bubblewrap: code inside .*net namespace"):
        isolation.choose("bubblewrap")


def test_there_are_four_kinds():
    with pytest.raises(ValueError, match="name must be one of auto, bubblewrap, container, none, got 'jail'"):
        isolation.choose("jail")


# --- no sandbox

@pytest.mark.skipif(os.name != "posix", reason="limits are kept on POSIX systems alone")
def test_without_a_sandbox_there_are_limits_all_the_same(tmp_path):
    box = isolation.choose("none")
    package = tmp_path / "mine"
    package.mkdir()
    done = Inside(box, """
        import os, resource
        print(os.listdir(), os.getsid(0) == os.getpid(), "PYTEST_CURRENT_TEST" in os.environ)
        print(resource.getrlimit(resource.RLIMIT_AS)[1], resource.getrlimit(resource.RLIMIT_FSIZE)[1])""",
                  packages=[package])
    assert done.output == f"[] True False\n{SMALL.memory} {SMALL.file_size}\n"
    assert [(Path(path) / "mine").resolve() for path in box.path([package])] == [package.resolve()]
    assert any("can read" in sentence for sentence in isolation.probe(box))


# --- containers

@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A stand-in for Podman: it has the image, notes what it is told, and runs what follows prlimit's limits."""
    program = tmp_path / "podman"
    program.write_text(f"""#!{sys.executable}
import json, os, sys
with open({str(tmp_path / "told")!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "run":
    os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[sys.argv.index("python") + 1:]])
""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return lambda: [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]


def test_a_container_is_closed_and_removed(engine):
    box = isolation.Container()
    assert engine() == [["image", "inspect", "lrdlib-assignments"]]
    assert Inside(box, "print(1)", slot=2, packages=[ROOT / "lrdlib"]).output == "1\n"
    run = engine()[1]
    pairs = dict(zip(run, run[1:]))
    assert {"--rm", "--interactive", "--read-only", "--read-only-tmpfs=false", f"--ulimit=fsize={2 * MiB}:{2 * MiB}",
            f"--volume={ROOT / 'lrdlib'}:/book/lrdlib:ro", f"--as={SMALL.memory}:{SMALL.memory}"} <= set(run)
    expected = {"--network": "none", "--cap-drop": "ALL", "--security-opt": "no-new-privileges", "--pids-limit": "16",
                "--memory": str(SMALL.memory), "--memory-swap": str(SMALL.memory), "--user": f"{user(2)}:{user(2)}",
                "--shm-size": str(MiB), "--tmpfs": f"/tmp:rw,nosuid,nodev,mode=1777,size={7 * MiB}"}
    assert expected.items() <= pairs.items()
    assert not any(name in " ".join(run) for name in ("PATH", "PYTEST_CURRENT_TEST"))
    assert len(engine()) == 2  # it ended by itself

    with box.start(["-c", "import time; print(1, flush=True); time.sleep(60)"], SMALL) as (process, _):
        assert process.stdout.readline() == b"1\n"
    run, remove = engine()[2:]
    assert remove == ["rm", "--force", run[run.index("--name") + 1]]


def test_a_real_container_is_closed():
    try:
        box = isolation.Container()
    except isolation.IsolationUnavailable as error:
        pytest.skip(str(error))
    wrong = isolation.probe(box)
    if wrong and wrong[0].startswith("cannot run"):
        pytest.skip(f"{box.engine} does not work here: {wrong[0]}")
    assert wrong == []


# --- limits and costs

@pytest.mark.parametrize("setting, error", [
    ({"memory": 1024}, ValueError), ({"processes": 0}, ValueError), ({"disk": 1.5}, TypeError),
    ({"cell": 0}, ValueError), ({"total": float("inf")}, ValueError), ({"total": float("nan")}, ValueError),
    ({"file_size": True}, TypeError),
])
def test_limits_refuse(setting, error):
    with pytest.raises(error, match=next(iter(setting))):
        Limits(**setting)


def test_it_starts_quickly(sandbox):
    def seconds(run):
        begin = time.perf_counter()
        run()
        return time.perf_counter() - begin

    plain = min(seconds(lambda: subprocess.run([sys.executable, "-I", "-c", ""])) for _ in range(5))
    inside = min(seconds(lambda: Inside(sandbox, "")) for _ in range(5))
    assert inside < plain + 0.1
