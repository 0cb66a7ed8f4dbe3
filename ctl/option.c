/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* lodenctl option: what holds for the whole cluster. */

#include <config.h>
#include "ctl/command.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
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

/* Returns the place of 'key' among the options, or ARRAY_SIZE(options) and
 * an error. */
static char *
find_option(const char *key, size_t *place)
{
    for (*place = 0; *place < ARRAY_SIZE(options); (*place)++) {
        if (!strcmp(options[*place].key, key)) {
            return NULL;
        }
    }
    return xasprintf("there is no option '%s': there are "OPTION_DST_PORT
                     " and "OPTION_TUNNEL_PORTS"; for those of a network see "
                     "'lodenctl network'", key);
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
        const char *value = smap_get(&row->options, options[i].key);

        table_add_row(&table);
        output_text(&table, options[i].key);
        output_text(&table, value ? value : options[i].absent);
        output_text(&table, value ? "true" : "false");
    }
    output_table(&table, &invocation->style, &invocation->out);
    return NULL;
}

/* option set OPTION VALUE */
char *
option_set(struct invocation *invocation)
{
    const struct lodenrec_loden_global *row;
    size_t place;
    char *error = find_row(invocation, &row);

    error = error ? error : find_option(invocation->args[0], &place);
    error = error ? error : options[place].check(invocation->args[1]);
    if (!error) {
        lodenrec_loden_global_update_options_setkey(row, invocation->args[0],
                                                    invocation->args[1]);
    }
    return error;
}

/* option delete OPTION */
char *
option_delete(struct invocation *invocation)
{
    const struct lodenrec_loden_global *row;
    size_t place;
    char *error = find_row(invocation, &row);

    error = error ? error : find_option(invocation->args[0], &place);
    if (!error) {
        lodenrec_loden_global_update_options_delkey(row, invocation->args[0]);
    }
    return error;
}
