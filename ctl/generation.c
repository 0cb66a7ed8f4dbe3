/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The cluster's generation.  Nodes do not act on a database that is older
 * than the one they know.  After somebody went back to an older one and means
 * it, a higher generation tells them so. */

#include <config.h>
#include "ctl/command.h"

#include <inttypes.h>

#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

/* generation raise */
char *
generation_raise(struct invocation *invocation)
{
    const struct lodenrec_loden_global *global =
        lodenrec_loden_global_first(invocation->idl);

    if (!global) {
        return xstrdup("the cluster database is empty: say 'lodenctl init'");
    }
    ds_put_format(&invocation->out, "%" PRId64 "\n", global->generation + 1);
    lodenrec_loden_global_verify_generation(global);
    lodenrec_loden_global_set_generation(global, global->generation + 1);
    return NULL;
}
