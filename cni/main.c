/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The CNI plugin "loden": a table of contents.
 *
 * A runtime starts it once per command, says in CNI_* variables what it wants
 * (env.c), writes a configuration to stdin (config.c), and reads one JSON
 * document from stdout (result.c).
 *
 * The plugin keeps nothing on disk.  It puts the pod's port into the node's
 * Open vSwitch database, where loden-controller finds it and confirms it
 * (attach.c). */

#include <stdlib.h>
#include <unistd.h>

#include "cni/add.h"
#include "cni/check.h"
#include "cni/config.h"
#include "cni/del.h"
#include "cni/env.h"
#include "cni/error.h"
#include "cni/gc.h"
#include "cni/io.h"
#include "cni/result.h"
#include "cni/status.h"

/* Everything that a command has. */
struct call {
    struct env env;                /* What the runtime asks for. */
    struct config config;          /* What it says about the network. */
    const struct version *version; /* What it speaks. */
    int stop_fd;                   /* Whether it has lost patience; or -1. */
};

/* Writes 'output', which is freed. */
static int
write_output(char *output, struct cni_error *err)
{
    int retval = output ? io_write_line(STDOUT_FILENO, output, err)
                        : error_no_memory(err);

    free(output);
    return retval;
}

static int
read_config(struct call *call, struct cni_error *err)
{
    char *text;
    size_t len;

    if (io_read_all(STDIN_FILENO, &text, &len, err)
        || config_parse(text, len, call->env.command, &call->config, err)) {
        return -1;
    }
    call->version = call->config.version;
    return 0;
}

/* A pod whose runtime never learns of it is not to stay. */
static int
run_add(struct call *call, struct cni_error *err)
{
    struct cni_error ignored;
    char *output;

    if (add_run(&call->env, &call->config, call->stop_fd, &output, err)) {
        return -1;
    } else if (write_output(output, err)) {
        del_run(&call->env, &call->config, -1, &ignored);
        return -1;
    }
    return 0;
}

static int
run(struct call *call, struct cni_error *err)
{
    int retval = -1;

    if (env_parse(environ, &call->env, err)) {
        return -1;
    } else if (call->env.command == ENV_VERSION) {
        return write_output(result_format_versions(), err);
    } else if (read_config(call, err)) {
        return -1;
    }
    call->stop_fd = io_catch_signals();
    switch (call->env.command) {
    case ENV_ADD:
        retval = run_add(call, err);
        break;
    case ENV_DEL:
        retval = del_run(&call->env, &call->config, call->stop_fd, err);
        break;
    case ENV_CHECK:
        retval = check_run(&call->env, &call->config, call->stop_fd, err);
        break;
    case ENV_GC:
        retval = gc_run(&call->env, &call->config, call->stop_fd, err);
        break;
    case ENV_STATUS:
        retval = status_run(&call->env, &call->config, call->stop_fd, err);
        break;
    case ENV_VERSION:
        break;
    }
    config_destroy(&call->config);
    return retval;
}

int
main(void)
{
    struct call call = { .version = version_newest(), .stop_fd = -1 };
    struct cni_error err;

    if (run(&call, &err)) {
        write_output(result_format_error(&err, call.version), &err);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
