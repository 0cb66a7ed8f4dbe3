/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What follows from the lists of flows/pipeline.h: names, cookies, the text
 * of registers, and compile-time checks.  Which rules there are is said in
 * flows/compile.c. */

#include <config.h>
#include "flows/pipeline.h"

#include <ctype.h>
#include <string.h>

#include "byte-order.h"
#include "flows/world.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-table.h"
#include "util.h"

/* Every field fits its register, and no two share one. */
#define FIELD(SYMBOL, NAME, REG, BITS, WHAT)                        \
    BUILD_ASSERT_DECL((REG) < 16 && (BITS) >= 1 && (BITS) <= 32);
PIPELINE_FIELDS
#undef FIELD
#define FIELD(SYMBOL, NAME, REG, BITS, WHAT) + (1 << (REG))
enum { REGISTERS_ADDED = 0 PIPELINE_FIELDS };
#undef FIELD
#define FIELD(SYMBOL, NAME, REG, BITS, WHAT) | (1 << (REG))
enum { REGISTERS_UNITED = 0 PIPELINE_FIELDS };
#undef FIELD
BUILD_ASSERT_DECL((int) REGISTERS_ADDED == (int) REGISTERS_UNITED);

/* Kinds and reasons fit their fields; tables end before OFPTT_ALL. */
BUILD_ASSERT_DECL(PIPELINE_N_KINDS <= UINT8_MAX);
BUILD_ASSERT_DECL(PIPELINE_N_REASONS <= UINT8_MAX);
BUILD_ASSERT_DECL(PIPELINE_N_TABLES < 0xff);

/* Returns the name of 'table' as ovs-ofctl prints it. */
const char *
pipeline_table_name(enum pipeline_table table)
{
    switch (table) {
#define TABLE(SYMBOL, NAME, MISS, QUESTION) case TABLE_##SYMBOL: return NAME;
    PIPELINE_TABLES
#undef TABLE
    case PIPELINE_N_TABLES:
    default:
        OVS_NOT_REACHED();
    }
}

/* Fills 'map' with the names of the tables; the caller destroys it. */
void
pipeline_table_map_init(struct ofputil_table_map *map)
{
    ofputil_table_map_init(map);
    for (int i = 0; i < PIPELINE_N_TABLES; i++) {
        ofputil_table_map_put(map, i, pipeline_table_name(i));
    }
}

/* Returns what 'table' decides, as a sentence. */
const char *
pipeline_table_question(enum pipeline_table table)
{
    switch (table) {
#define TABLE(SYMBOL, NAME, MISS, QUESTION) \
    case TABLE_##SYMBOL: return QUESTION;
    PIPELINE_TABLES
#undef TABLE
    case PIPELINE_N_TABLES:
    default:
        OVS_NOT_REACHED();
    }
}

/* Returns why what matches no rule of 'table' is dropped. */
enum pipeline_reason
pipeline_table_miss(enum pipeline_table table)
{
    switch (table) {
#define TABLE(SYMBOL, NAME, MISS, QUESTION) \
    case TABLE_##SYMBOL: return REASON_##MISS;
    PIPELINE_TABLES
#undef TABLE
    case PIPELINE_N_TABLES:
    default:
        OVS_NOT_REACHED();
    }
}

/* Returns the short name of 'reason', for people and scripts. */
const char *
pipeline_reason_name(enum pipeline_reason reason)
{
    switch (reason) {
#define REASON(SYMBOL, NAME, WHAT) case REASON_##SYMBOL: return NAME;
    PIPELINE_REASONS
#undef REASON
    case REASON_NONE:
    case PIPELINE_N_REASONS:
    default:
        return "none";
    }
}

/* Returns what 'reason' means. */
const char *
pipeline_reason_text(enum pipeline_reason reason)
{
    switch (reason) {
#define REASON(SYMBOL, NAME, WHAT) case REASON_##SYMBOL: return WHAT;
    PIPELINE_REASONS
#undef REASON
    case REASON_NONE:
    case PIPELINE_N_REASONS:
    default:
        return "no reason";
    }
}

/* Returns the cookie of the rules of the 'object' (a name) of 'kind': magic
 * 16, kind 8, pipeline version 8, object 32 bits.  Two objects may share the
 * last part: a cookie tells people who a rule belongs to, nothing is ever
 * selected by it. */
ovs_be64
pipeline_cookie(enum pipeline_kind kind, const char *object)
{
    static const char *const kind_names[] = {
        [KIND_NONE] = "none",
#define KIND(SYMBOL, NAME) [KIND_##SYMBOL] = NAME,
        PIPELINE_KINDS
#undef KIND
    };
    uint32_t hash = kind == KIND_PIPELINE
                    ? 0 : world_name_hash(kind_names[kind], object);
    return htonll((uint64_t) PIPELINE_COOKIE_MAGIC << 48
                  | (uint64_t) kind << 40
                  | (uint64_t) PIPELINE_VERSION << 32 | hash);
}

/* Returns the number of the register that 'name', of 'len' bytes, stands
 * for.  A name that is not in the list is a bug. */
static int
field_register(const char *name, size_t len)
{
#define FIELD(SYMBOL, NAME, REG, BITS, WHAT)                        \
    if (len == strlen(NAME) && !memcmp(name, NAME, len)) {          \
        return REG;                                                 \
    }
    PIPELINE_FIELDS
#undef FIELD
    OVS_NOT_REACHED();
}

/* Returns 'text' with each "@name" replaced by its register, e.g. "@source"
 * by "reg0".  The caller frees it. */
char *
pipeline_expand(const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (;;) {
        size_t n = strcspn(text, "@");
        ds_put_buffer(&s, text, n);
        text += n;
        if (!*text) {
            return ds_steal_cstr(&s);
        }
        n = 1;
        while (islower((unsigned char) text[n]) || text[n] == '_') {
            n++;
        }
        ds_put_format(&s, "reg%d", field_register(text + 1, n - 1));
        text += n;
    }
}

/* Returns tables, registers, cookies and reasons as text for people; the
 * caller frees it. */
char *
pipeline_to_string(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "tables:\n");
    for (int i = 0; i < PIPELINE_N_TABLES; i++) {
        ds_put_format(&s, "  %2d %-10s %s\n", i, pipeline_table_name(i),
                      pipeline_table_question(i));
    }
    ds_put_cstr(&s, "registers:\n");
#define FIELD(SYMBOL, NAME, REG, BITS, WHAT) \
    ds_put_format(&s, "  reg%-2d %-9s %s\n", REG, NAME, WHAT);
    PIPELINE_FIELDS
#undef FIELD
    ds_put_format(&s, "cookies: 0x%04xKKVVHHHHHHHH, V version %d, H hash of "
                  "the object's name, K kind:\n", PIPELINE_COOKIE_MAGIC,
                  PIPELINE_VERSION);
#define KIND(SYMBOL, NAME) \
    ds_put_format(&s, "  %02x %s\n", KIND_##SYMBOL, NAME);
    PIPELINE_KINDS
#undef KIND
    ds_put_cstr(&s, "reasons, in register 3 in table drop:\n");
    for (int i = 1; i < PIPELINE_N_REASONS; i++) {
        ds_put_format(&s, "  %2d %-16s %s\n", i, pipeline_reason_name(i),
                      pipeline_reason_text(i));
    }
    return ds_steal_cstr(&s);
}
