"""Runs a function in a process of its own and stops it at every system call that may change a file."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

_NUMBERS = {
    "x86_64": {
        "write": 1,
        "pwrite64": 18,
        "writev": 20,
        "fsync": 74,
        "fdatasync": 75,
        "truncate": 76,
        "ftruncate": 77,
        "rename": 82,
        "mkdir": 83,
        "rmdir": 84,
        "creat": 85,
        "link": 86,
        "unlink": 87,
        "symlink": 88,
        "mkdirat": 258,
        "unlinkat": 263,
        "renameat": 264,
        "linkat": 265,
        "symlinkat": 266,
        "pwritev": 296,
        "renameat2": 316,
        "copy_file_range": 326,
        "pwritev2": 328,
    },
    "aarch64": {
        "mkdirat": 34,
        "unlinkat": 35,
        "symlinkat": 36,
        "linkat": 37,
        "renameat": 38,
        "truncate": 45,
        "ftruncate": 46,
        "write": 64,
        "writev": 66,
        "pwrite64": 68,
        "pwritev": 70,
        "fsync": 82,
        "fdatasync": 83,
        "renameat2": 276,
        "copy_file_range": 285,
        "pwritev2": 287,
    },
}
_CALLS = {number: name for name, number in _NUMBERS.get(platform.machine(), {}).items()}
SUPPORTED = sys.platform == "linux" and bool(_CALLS)

SYNCS = frozenset({"fsync", "fdatasync"})
# Calls whose first argument is the descriptor of what they change.
WRITES = frozenset({"write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate"})

_TRACEME, _CONT, _SETOPTIONS, _SYSCALL_INFO = 0, 7, 0x4200, 0x420E
_FORK, _VFORK, _CLONE, _SECCOMP, _EXITKILL = 0x2, 0x4, 0x8, 0x80, 0x100000
_STOPPED_FOR_SECCOMP = 7
_ALLOW, _TRACE = 0x7FFF0000, 0x7FF00000
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_WALL = 0x40000000


@dataclass(frozen=True)
class Call:
    """A system call that is about to happen: its name, the process, and its arguments."""

    name: str
    pid: int
    arguments: tuple[int, ...]

    @property
    def descriptor(self) -> str:
        """The name under /proc of the file that the first argument stands for."""
        return f"/proc/{self.pid}/fd/{self.arguments[0]}"


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("true", ctypes.c_ubyte),
        ("false", ctypes.c_ubyte),
        ("value", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


class _Info(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_ubyte),
        ("padding", ctypes.c_ubyte * 3),
        ("architecture", ctypes.c_uint),
        ("instruction", ctypes.c_ulonglong),
        ("stack", ctypes.c_ulonglong),
        ("number", ctypes.c_ulonglong),
        ("arguments", ctypes.c_ulonglong * 6),
        ("more", ctypes.c_ulonglong),
    )


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    return libc


def trace(work: Callable[[], int], seen: Callable[[Call], None]) -> int:
    """The exit code of some work, every call of which was shown before it happened.

    Raises OSError where processes must not be traced.
    """
    libc = _libc()
    pid = os.fork()
    if pid == 0:
        _be_traced(libc, work)
    os.waitpid(pid, _WALL)
    options = _FORK | _VFORK | _CLONE | _SECCOMP | _EXITKILL
    if libc.ptrace(_SETOPTIONS, pid, None, options):
        os.kill(pid, signal.SIGKILL)
        raise OSError(ctypes.get_errno(), "processes cannot be traced here")
    libc.ptrace(_CONT, pid, None, None)
    while True:
        one, status = os.waitpid(-1, _WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if one == pid:
                return os.waitstatus_to_exitcode(status)
            continue
        passed_on = 0
        if status >> 16 == _STOPPED_FOR_SECCOMP:
            seen(_call(libc, one))
        elif status >> 16 == 0 and os.WSTOPSIG(status) not in (signal.SIGTRAP, signal.SIGSTOP):
            passed_on = os.WSTOPSIG(status)
        libc.ptrace(_CONT, one, None, passed_on)


def _be_traced(libc: ctypes.CDLL, work: Callable[[], int]) -> None:
    code = 70
    try:
        libc.ptrace(_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        program = [_Instruction(_LOAD_NUMBER, 0, 0, 0)]
        for left, number in zip(range(len(_CALLS), 0, -1), _CALLS, strict=True):
            program.append(_Instruction(_JUMP_IF_EQUAL, left, 0, number))
        program += [_Instruction(_RETURN, 0, 0, _ALLOW), _Instruction(_RETURN, 0, 0, _TRACE)]
        instructions = (_Instruction * len(program))(*program)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(_Program(len(program), instructions)), 0, 0)
        code = work()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _call(libc: ctypes.CDLL, pid: int) -> Call:
    info = _Info()
    libc.ptrace(_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.byref(info))
    return Call(_CALLS[info.number], pid, tuple(info.arguments))
