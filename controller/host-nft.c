/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Running 'nft -f' as a child of the daemon.
 *
 * libnftables is not an option: it brings jansson, whose names collide with
 * libopenvswitch's.  The text and nft's messages pass through files in memory
 * that the child opens by way of /proc, so that nothing is left on a disk and
 * no pipe can fill up.  What the text says is host-rules.c's. */

#include <config.h>
#include "controller/host-nft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/host-retry.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "process.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_nft);

/* Somebody else may take away what we put, and do so again whenever we put it
 * back: at least this long, in ms, lies between two answers of ours. */
#define MIN_PUT_BACK 1000

struct host_nft {
    char *text;             /* What nft was given last; NULL at first. */
    bool applied;           /* Is 'text' what the kernel has? */
    struct retry retry;     /* Of giving it. */
    long long int earliest; /* Not before, in time_msec(). */

    /* While nft runs. */
    struct process *child;  /* NULL while it does not. */
    int text_fd;            /* Holds 'text'. */
    int message_fd;         /* Takes what nft prints. */
    unsigned int n_lost;    /* See host_nft_lost(). */
};

struct host_nft *
host_nft_open(void)
{
    struct host_nft *nft = xzalloc(sizeof *nft);

    retry_init(&nft->retry, "nftables table 'inet loden'");
    nft->text_fd = nft->message_fd = -1;
    return nft;
}

static void
forget_child(struct host_nft *nft)
{
    process_destroy(nft->child);
    nft->child = NULL;
    if (nft->text_fd >= 0) {
        close(nft->text_fd);
    }
    if (nft->message_fd >= 0) {
        close(nft->message_fd);
    }
    nft->text_fd = nft->message_fd = -1;
}

/* Leaves the tables, and an nft that is at work, alone. */
void
host_nft_close(struct host_nft *nft)
{
    if (nft) {
        forget_child(nft);
        retry_destroy(&nft->retry);
        free(nft->text);
        free(nft);
    }
}

/* Opens the two files of the child.  Returns 0 or a positive errno. */
static int
open_files(struct host_nft *nft)
{
    size_t n_written;

    nft->text_fd = memfd_create("loden-nft", MFD_CLOEXEC);
    nft->message_fd = memfd_create("loden-nft-messages", MFD_CLOEXEC);
    if (nft->text_fd < 0 || nft->message_fd < 0) {
        return errno;
    }
    return write_fully(nft->text_fd, nft->text, strlen(nft->text),
                       &n_written);
}

/* Starts nft on 'nft->text'.  Returns NULL or a malloc'd error. */
static char *
start_child(struct host_nft *nft)
{
    /* Without this process_start() would log an error at each attempt. */
    char *binary = process_search_path("nft");
    if (!binary) {
        return xstrdup("the program 'nft' is not in PATH: install nftables");
    }

    int error = open_files(nft);
    if (!error) {
        /* process_start() closes all but the standard descriptors, so that
         * the files are opened anew, by a shell. */
        char *text = xasprintf("/proc/%ld/fd/%d", (long int) getpid(),
                               nft->text_fd);
        char *messages = xasprintf("/proc/%ld/fd/%d", (long int) getpid(),
                                   nft->message_fd);
        char *argv[] = { "sh", "-c", "exec \"$0\" -f \"$1\" >\"$2\" 2>&1",
                         binary, text, messages, NULL };

        error = process_start(argv, &nft->child);
        free(messages);
        free(text);
    }
    free(binary);
    if (error) {
        forget_child(nft);
        return xasprintf("nft cannot be started: %s", ovs_strerror(error));
    }
    return NULL;
}

/* Returns why the child failed: the first line that it printed. */
static char *
child_error(const struct host_nft *nft)
{
    char message[1024];
    ssize_t n = pread(nft->message_fd, message, sizeof message - 1, 0);

    message[MAX(n, 0)] = '\0';
    if (!message[0]) {
        char *status = process_status_msg(process_status(nft->child));
        char *error = xasprintf("nft ended with %s", status);
        free(status);
        return error;
    }
    VLOG_DBG("nft said:\n%s\nabout:\n%s", message, nft->text);
    message[strcspn(message, "\n")] = '\0';
    return xasprintf("nft refuses: %s", message);
}

/* What nft put is no longer there. */
static void
must_put_back(struct host_nft *nft)
{
    VLOG_WARN("nftables table 'inet loden' was changed by somebody else: "
              "putting it back");
    nft->applied = false;
    nft->earliest = MAX(time_msec(), nft->earliest + MIN_PUT_BACK);
}

/* Takes note of what the child, which has ended, achieved. */
static void
reap_child(struct host_nft *nft)
{
    int status = process_status(nft->child);

    if (WIFEXITED(status) && !WEXITSTATUS(status)) {
        VLOG_INFO("nftables table 'inet loden' is now up to date");
        nft->applied = true;
        retry_succeeded(&nft->retry);

        /* One loss is nft's own, the deletion of what it replaces; with more
         * than one we cannot know whose was the last. */
        if (nft->n_lost > 1) {
            must_put_back(nft);
        }
    } else {
        retry_failed(&nft->retry, child_error(nft));
    }
    forget_child(nft);
}

void
host_nft_run(struct host_nft *nft, const char *text)
{
    if (nft->child && process_exited(nft->child)) {
        reap_child(nft);
    }
    if (nft->child) {
        return;
    }

    if (!nft->text || strcmp(nft->text, text)) {
        free(nft->text);
        nft->text = xstrdup(text);
        nft->applied = false;
        retry_at_once(&nft->retry);
    }
    if (!nft->applied && retry_is_due(&nft->retry)
        && time_msec() >= nft->earliest) {
        nft->n_lost = 0;
        char *error = start_child(nft);
        if (error) {
            retry_failed(&nft->retry, error);
        }
    }
}

bool
host_nft_is_applied(const struct host_nft *nft)
{
    return nft->applied;
}

void
host_nft_wait(const struct host_nft *nft)
{
    if (nft->child) {
        process_wait(nft->child);
    } else {
        retry_wait(&nft->retry);
        if (!nft->applied && nft->earliest > time_msec()) {
            poll_timer_wait_until(nft->earliest);
        }
    }
}

void
host_nft_lost(struct host_nft *nft, unsigned int n)
{
    if (nft->child) {
        nft->n_lost += n;
    } else if (n && nft->applied) {
        must_put_back(nft);
    }
}

struct json *
host_nft_status(const struct host_nft *nft)
{
    struct json *status = json_object_create();

    json_object_put(status, "applied", json_boolean_create(nft->applied));
    json_object_put(status, "error", retry_status(&nft->retry));
    return status;
}
