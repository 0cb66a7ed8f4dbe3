/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ERROR_H
#define CNI_ERROR_H 1

/* Why the plugin failed, in the words of the CNI specification.
 *
 * Every function that can fail takes a 'struct cni_error *' as its last
 * argument, and returns 0 on success, or fills the error and returns -1.
 * Callers that know more wrap it on the way up.  Nothing here allocates, so
 * that an error has nothing to destroy.  result.c turns it into JSON. */

/* Codes.  Up to 99 they are the specification's (section "Error"; 8 is
 * libcni's), from 100 they are this plugin's. */
enum cni_error_code {
    ERROR_VERSION = 1,     /* cniVersion is not supported. */
    ERROR_UNSUPPORTED = 2, /* A key's value is not supported. */
    ERROR_CONTAINER = 3,   /* No such container. */
    ERROR_ENVIRONMENT = 4, /* CNI_* variables. */
    ERROR_IO = 5,          /* Cannot read or write what the runtime gave. */
    ERROR_DECODE = 6,      /* Not JSON, or not of the type it must have. */
    ERROR_CONFIG = 7,      /* The configuration makes no sense. */
    ERROR_NETNS = 8,       /* CNI_NETNS is no place to attach. */
    ERROR_TRY_AGAIN = 11,  /* The same call may succeed later. */
    ERROR_STATUS = 50,     /* STATUS: an ADD would fail. */
    ERROR_SUFFERING = 51,  /* STATUS: and pods that there are suffer. */
    ERROR_EXISTS = 100,    /* The attachment or an interface is there. */
    ERROR_KERNEL = 101,    /* The kernel refused. */
    ERROR_DATABASE = 102,  /* The node's database refused or spoke nonsense. */
    ERROR_CHECK = 103,     /* CHECK: it is not as ADD left it. */
    ERROR_INTERNAL = 999,  /* No memory, or a bug. */
};

#define CNI_ERROR_MAX 512

struct cni_error {
    enum cni_error_code code;    /* Valid once a function has failed. */
    char msg[CNI_ERROR_MAX];     /* What failed and why, one line. */
    char details[CNI_ERROR_MAX]; /* What a person can do about it, or "". */
};

#define ERROR_PRINTF(FORMAT, FIRST)                                           \
    __attribute__((format(printf, FORMAT, FIRST)))

/* Each returns -1.  In 'format', "%m" is errno's text. */
int error_set(struct cni_error *, enum cni_error_code, const char *format, ...)
    ERROR_PRINTF(3, 4);
int error_wrap(struct cni_error *, const char *format, ...) ERROR_PRINTF(2, 3);
int error_details(struct cni_error *, const char *format, ...)
    ERROR_PRINTF(2, 3);
int error_no_memory(struct cni_error *);

#endif /* cni/error.h */
