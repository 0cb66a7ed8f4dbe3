/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The commands that make keys.  openssl(1) makes them, for a script beside
 * this program; here is only the way there. */

#include <config.h>
#include "ctl/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

#define SCRIPT "lodenctl-pki"

/* Returns the script, malloc'd: the one beside a program in a build tree,
 * else the installed one. */
static char *
find_script(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n > 0) {
        path[n] = '\0';
        char *folder = dir_name(path);
        char *script = xasprintf("%s/" SCRIPT, folder);
        free(folder);
        if (!access(script, X_OK)) {
            return script;
        }
        free(script);
    }
    return xstrdup(LODEN_PKGDATADIR "/" SCRIPT);
}

/* Becomes the script, with the words and options of 'invocation'. */
static char *
become_script(struct invocation *invocation, const char *verb)
{
    struct svec argv = SVEC_EMPTY_INITIALIZER;
    const struct smap_node *node;

    svec_add_nocopy(&argv, find_script());
    svec_add(&argv, verb);
    SMAP_FOR_EACH (node, &invocation->options) {
        svec_add_nocopy(
            &argv, *node->value ? xasprintf("--%s=%s", node->key, node->value)
                                : xasprintf("--%s", node->key));
    }
    for (int i = 0; i < invocation->command->n_arguments; i++) {
        svec_add(&argv, invocation->args[i]);
    }
    svec_terminate(&argv);
    fflush(stdout);
    execv(argv.names[0], argv.names);

    char *error =
        xasprintf("%s cannot be run (%s)", argv.names[0], ovs_strerror(errno));
    svec_destroy(&argv);
    return error;
}

/* pki init */
char *
pki_init(struct invocation *invocation)
{
    return become_script(invocation, "init");
}

/* pki node NAME */
char *
pki_node(struct invocation *invocation)
{
    return become_script(invocation, "node");
}
