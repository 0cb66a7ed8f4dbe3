/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Lets a user-mode Linux 6.1 run on newer processors.
 *
 * It keeps its processes' extended registers in a buffer of the size that
 * AVX-512 needs.  Linux wants whole ones written back (xstateregs_set() in
 * arch/x86/kernel/fpu/regset.c: -EFAULT), and on processors with AMX they are
 * larger.  So this library, preloaded, stands between: it hands out the part
 * that fits, and on the way back takes what is missing for unused, which the
 * part that fits says itself (XSTATE_BV in its header).
 *
 * Programs in the machine cannot use AMX.  They do not know that they could:
 * it must be asked for (arch_prctl(2), ARCH_REQ_XCOMP_PERM). */

#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NT_X86_XSTATE 0x202

static long
get_registers(long pid, struct iovec *wanted, struct iovec *whole)
{
    long result =
        syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, whole);

    if (!result && wanted) {
        if (wanted->iov_len > whole->iov_len) {
            wanted->iov_len = whole->iov_len;
        }
        memcpy(wanted->iov_base, whole->iov_base, wanted->iov_len);
    }
    return result;
}

static long
set_registers(long pid, const struct iovec *given, struct iovec *whole)
{
    /* How large they are does not change. */
    static size_t size;

    if (!size) {
        long result = get_registers(pid, NULL, whole);
        if (result) {
            return result;
        }
        size = whole->iov_len;
    }
    whole->iov_len = size;
    memset(whole->iov_base, 0, size);
    memcpy(whole->iov_base, given->iov_base,
           given->iov_len < size ? given->iov_len : size);
    return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, whole);
}

/* ptrace(2), as the C library has it. */
long
ptrace(enum __ptrace_request request, ...)
{
    static char buffer[65536] __attribute__((aligned(64)));
    struct iovec whole = { buffer, sizeof buffer };
    long pid, address, data, result, word;
    va_list arguments;

    va_start(arguments, request);
    pid = va_arg(arguments, long);
    address = va_arg(arguments, long);
    data = va_arg(arguments, long);
    va_end(arguments);

    switch (request) {
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
        if (address == NT_X86_XSTATE) {
            return (request == PTRACE_GETREGSET
                        ? get_registers(pid, (struct iovec *) data, &whole)
                        : set_registers(pid, (struct iovec *) data, &whole));
        }
        break;

    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case PTRACE_PEEKUSER:
        result = syscall(SYS_ptrace, request, pid, address, &word);
        if (result < 0) {
            return result;
        }
        errno = 0;
        return word;

    default:
        break;
    }
    return syscall(SYS_ptrace, request, pid, address, data);
}
