/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* lodenctl option: what holds for the whole cluster. */

#include <config.h>
#include "ctl/command.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/steps.h"
#include "flows/tunnels.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

/* Returns NULL, or why 'value' is none for tunnel_ports. */
static char *
check_tunnel_ports(const char *value)
{
    enum tunnels_mode mode;

    return (tunnels_parse_mode(value, &mode) ? NULL
            : xasprintf("option "OPTION_TUNNEL_PORTS": '%s' is neither "
                        "per-peer, shared nor auto", value));
}

static char *
check_encap(const char *value)
{
    enum tunnels_encap encap;

    return (tunnels_parse_encap(value, &encap) ? NULL
            : xasprintf("option "OPTION_ENCAP": '%s' is neither vxlan nor "
                        "geneve", value));
}

static char *
check_dst_port(const char *value)
{
    int port;

    return (str_to_int(value, 10, &port) && port >= 1 && port <= UINT16_MAX
            ? NULL : xasprintf("option "OPTION_DST_PORT": '%s' is no UDP "
                               "port, 1 to 65535", value));
}

static const struct {
    const char *key;      /* In Loden_Global. */
    const char *absent;   /* What it is when it is not set. */
    char *(*check)(const char *value);
} options[] = {
    { OPTION_DST_PORT, "4789", check_dst_port },
    { OPTION_ENCAP, "vxlan", check_encap },
    { OPTION_TUNNEL_PORTS, "auto", check_tunnel_ports },
};

/* Returns the row that has the options, or NULL and an error. */
static char *
find_row(struct invocation *invocation,
         const struct lodenrec_loden_global **row)
{
    *row = lodenrec_loden_global_first(invocation->idl);
    return (*row ? NULL : xstrdup("the database is not initialised: "
                                  "'lodenctl init' does that"));
}

/* Returns NULL if there is an option 'key' that can be 'value', or, if that is
 * NULL, that is no more than there; else an error. */
static char *
check(const char *key, const char *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (!strcmp(options[i].key, key)) {
            return value ? options[i].check(value) : NULL;
        }
    }
    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        const struct outer_option *option = &outer_options[i];
        struct outer outer;

        if (!strcmp(option->name, key)) {
            return (!value || option->parse(value, &outer) ? NULL
                    : xasprintf("option %s: '%s' is not %s", key, value,
                                option->wanted));
        }
    }
    return xasprintf("there is no option '%s': 'lodenctl option list' has "
                     "those that there are; for those of a network see "
                     "'lodenctl network'", key);
}

static void
list_option(struct table *table, const char *key, const char *value,
            const char *absent)
{
    table_add_row(table);
    output_text(table, key);
    output_text(table, value ? value : absent);
    output_text(table, value ? "true" : "false");
}

/* Tells of a change that is not done. */
static void
note_change(struct invocation *invocation,
            const struct lodenrec_loden_global *row)
{
    const char *also = smap_get(&row->options, OPTION_ALSO_DST_PORT);

    if (also) {
        invocation_note(invocation, "UDP port %s is taken as well, as a "
                        "change of "OPTION_DST_PORT" is not done: 'lodenctl "
                        "option set "OPTION_DST_PORT" PORT' goes on with it",
                        also);
    }
}

/* option list */
char *
option_list(struct invocation *invocation)
{
    const struct lodenrec_loden_global *row;
    char *error = find_row(invocation, &row);
    struct table table;

    if (error) {
        return error;
    }
    output_columns(&table, "option value set");
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        list_option(&table, options[i].key,
                    smap_get(&row->options, options[i].key),
                    options[i].absent);
    }
    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        const struct outer_option *option = &outer_options[i];
        list_option(&table, option->name,
                    smap_get(&row->options, option->name), option->absent);
    }
    output_table(&table, &invocation->style, &invocation->out);
    note_change(invocation, row);
    return NULL;
}

/* Returns NULL, or why 'key' cannot be 'value' beside the options of 'row'. */
static char *
check_beside(const struct lodenrec_loden_global *row, const char *key,
             const char *value)
{
    const char *port = smap_get_def(&row->options, OPTION_DST_PORT, "");
    const char *encap = smap_get_def(&row->options, OPTION_ENCAP, "");
    int number;

    port = !strcmp(key, OPTION_DST_PORT) ? value : port;
    encap = !strcmp(key, OPTION_ENCAP) ? value : encap;
    return (!strcmp(encap, tunnels_encap_name(TUNNELS_GENEVE))
            && str_to_int(port, 10, &number) && number == TUNNELS_GENEVE_PORT
            ? xasprintf("options "OPTION_DST_PORT" %d and "OPTION_ENCAP" %s "
                        "exclude each other: that UDP port is Geneve's",
                        number, encap)
            : NULL);
}

/* Gives the option of 'row' that 'invocation' names the 'value', none if that
 * is NULL. */
static char *
change(struct invocation *invocation, const struct lodenrec_loden_global *row,
       const char *value)
{
    const char *key = invocation->args[0];

    if (!strcmp(key, OPTION_DST_PORT)) {
        return steps_dst_port(invocation, row, value);
    } else if (value) {
        lodenrec_loden_global_update_options_setkey(row, key, value);
    } else {
        lodenrec_loden_global_update_options_delkey(row, key);
    }
    return NULL;
}

/* option set OPTION VALUE */
char *
option_set(struct invocation *invocation)
{
    const struct lodenrec_loden_global *row;
    char *error = find_row(invocation, &row);

    error = error ? error : check(invocation->args[0], invocation->args[1]);
    error = error ? error : check_beside(row, invocation->args[0],
                                         invocation->args[1]);
    return error ? error : change(invocation, row, invocation->args[1]);
}

/* option delete OPTION */
char *
option_delete(struct invocation *invocation)
{
    const struct lodenrec_loden_global *row;
    char *error = find_row(invocation, &row);

    error = error ? error : check(invocation->args[0], NULL);
    return error ? error : change(invocation, row, NULL);
}
