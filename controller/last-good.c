/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The file with the last good world: read once, when the daemon starts, and
 * replaced whenever the cluster says something new.
 *
 * A file that is not as it was written is worth a look by a person, so it is
 * put aside under another name, and the node waits for the database as if
 * there were none.  What is in the file is last-good-json.c's; when it is
 * used, known.c's. */

#include <config.h>
#include "controller/last-good.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/file-saver.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(last_good);

/* More than that is no file of ours: a thousand peers take 200 kB. */
#define MAX_BYTES (64 * 1024 * 1024)

/* Between two writes, in ms; after a failure doubled each time. */
#define MIN_INTERVAL 1000
#define MAX_INTERVAL 60000

struct last_good {
    char *path; /* Of the file. */

    /* From the beginning. */
    struct last_good_content *found; /* What it said; NULL: nothing. */
    char *read_problem;              /* Why that is; NULL: it was not there,
                                      * or a later one was written. */
    char *aside;                     /* Where it was put; NULL: nowhere. */

    /* Afterwards. */
    char *wanted;            /* What it shall say; NULL: no matter. */
    char *written;           /* What it says; NULL: unknown. */
    char *writing;           /* What it will when 'saver' is done. */
    struct file_saver saver; /* Who writes it. */
    char *error;             /* Why it could not be written. */
    long long int next;      /* Not before, in time_msec(). */
    int interval;            /* Before another attempt, in ms. */
};

/* Reads the file at 'path'.  Returns 0 and its content with a NUL, or a
 * positive errno. */
static int
read_file(const char *path, char **ret_content, size_t *ret_n)
{
    FILE *file = fopen(path, "r");
    size_t allocated = 4096;
    size_t n = 0;

    if (!file) {
        return errno;
    }
    char *content = xmalloc(allocated);
    for (;;) {
        n += fread(content + n, 1, allocated - 1 - n, file);
        if (n < allocated - 1 || n > MAX_BYTES) {
            break;
        }
        content = x2nrealloc(content, &allocated, 1);
    }
    int error = ferror(file) ? EIO : n > MAX_BYTES ? EFBIG : 0;
    fclose(file);
    content[n] = '\0';
    if (error) {
        free(content);
    } else {
        *ret_content = content;
        *ret_n = n;
    }
    return error;
}

/* Notes why the file is not used, and gives it another name.  Takes 'why'. */
static void
put_aside(struct last_good *lg, const char *suffix, char *why)
{
    char *aside = xasprintf("%s.%s", lg->path, suffix);

    if (!rename(lg->path, aside)) {
        lg->read_problem = xasprintf("last good world %s: %s: not used, and "
                                     "put aside as %s",
                                     lg->path, why, aside);
        lg->aside = aside;
    } else {
        lg->read_problem = xasprintf("last good world %s: %s: not used, and "
                                     "cannot be put aside (%s)",
                                     lg->path, why, ovs_strerror(errno));
        free(aside);
    }
    free(why);
}

/* Reads the file into 'lg->found', or notes why not. */
static void
find(struct last_good *lg)
{
    struct last_good_content content;
    char *text = NULL;
    size_t n = 0;
    char *error;
    bool newer;

    int status = read_file(lg->path, &text, &n);
    if (status == ENOENT) {
        return;
    } else if (status) {
        lg->read_problem = xasprintf("last good world %s: cannot be read: %s",
                                     lg->path, ovs_strerror(status));
        return;
    }
    const char *json = last_good_unseal(text, n, &error, &newer);
    if (json) {
        error = last_good_parse(json, &content);
        if (!error) {
            lg->found = xmemdup(&content, sizeof content);
            lg->written = text;
            return;
        }
    }
    put_aside(lg, newer ? "newer" : "damaged", error);
    free(text);
}

/* Reads the file at 'path', which need not exist. */
struct last_good *
last_good_open(const char *path)
{
    struct last_good *lg = xzalloc(sizeof *lg);

    lg->path = xstrdup(path);
    file_saver_init(&lg->saver);
    find(lg);
    return lg;
}

void
last_good_close(struct last_good *lg)
{
    if (lg) {
        file_saver_destroy(&lg->saver);
        if (lg->found) {
            last_good_content_destroy(lg->found);
            free(lg->found);
        }
        free(lg->read_problem);
        free(lg->aside);
        free(lg->wanted);
        free(lg->written);
        free(lg->writing);
        free(lg->error);
        free(lg->path);
        free(lg);
    }
}

const struct last_good_content *
last_good_found(const struct last_good *lg)
{
    return lg->found;
}

void
last_good_put(struct last_good *lg, const struct cluster_identity *identity,
              const struct world *world)
{
    char *text = last_good_format(identity, world);

    free(lg->wanted);
    lg->wanted = last_good_seal(text);
    free(text);
}

/* Notes how an attempt ended.  Takes 'error', which may be NULL. */
static void
finish(struct last_good *lg, char *error)
{
    free(lg->error);
    lg->error = error;
    free(lg->written);
    lg->written = NULL;
    if (error) {
        lg->interval = MIN(MAX(2 * lg->interval, MIN_INTERVAL), MAX_INTERVAL);
        free(lg->writing);
    } else {
        VLOG_DBG("%s: written", lg->path);
        lg->interval = MIN_INTERVAL;
        lg->written = lg->writing;
        free(lg->read_problem);
        lg->read_problem = NULL;
    }
    lg->writing = NULL;
    lg->next = time_msec() + lg->interval;
}

/* Is there something to write that is not being written? */
static bool
is_due(const struct last_good *lg)
{
    return (lg->wanted && !lg->writing
            && !nullable_string_is_equal(lg->wanted, lg->written));
}

void
last_good_run(struct last_good *lg)
{
    int status;

    if (lg->writing
        && file_saver_run(&lg->saver, &status) == FILE_SAVER_DONE) {
        finish(lg, status ? xstrdup(ovs_strerror(status)) : NULL);
    }
    if (is_due(lg) && time_msec() >= lg->next) {
        lg->writing = xstrdup(lg->wanted);
        char *error = file_saver_start(&lg->saver, lg->path, lg->writing);
        if (error) {
            finish(lg, error);
        }
    }
}

void
last_good_wait(const struct last_good *lg)
{
    if (lg->writing) {
        file_saver_wait(&lg->saver);
    } else if (is_due(lg)) {
        poll_timer_wait_until(lg->next);
    }
}

char *
last_good_read_problem(const struct last_good *lg)
{
    return nullable_xstrdup(lg->read_problem);
}

char *
last_good_write_problem(const struct last_good *lg)
{
    return (lg->error ? xasprintf(
                "last good world %s: cannot be written: %s; after a "
                "restart without the cluster database this node will "
                "know what was written before",
                lg->path, lg->error)
                      : NULL);
}

/* Returns what there is to tell, as a JSON object that the caller owns. */
struct json *
last_good_status(const struct last_good *lg)
{
    struct json *json = json_object_create();

    json_object_put_string(json, "file", lg->path);
    json_object_put(json, "saved",
                    json_boolean_create(lg->wanted
                                            ? !is_due(lg) && !lg->writing
                                            : lg->written != NULL));
    if (lg->aside) {
        json_object_put_string(json, "put_aside", lg->aside);
    }
    return json;
}
