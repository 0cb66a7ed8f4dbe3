/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads flannel's network configuration as flannel does (pkg/subnet/config.go
 * of flannel-io/flannel): keys without regard to case, its defaults, and its
 * checks, which it makes in one of its two modes only.  Where flannel ignores
 * something in silence, this tells it. */

#include <config.h>
#include "ctl/flannel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/field.h"
#include "openvswitch/json.h"
#include "ovsdb/text.h"
#include "packets.h"
#include "util.h"

/* What VXLAN over IPv4 takes of the underlay's MTU, as flannel counts. */
#define OVERHEAD 50

/* Pods' MTU, in bytes, as Loden takes it. */
#define MIN_MTU 576
#define MAX_MTU 65535

#define MAX_VNI 0xffffff

/* How the families differ. */
static const struct family {
    const char *name;          /* For people. */
    const char *network;       /* Keys. */
    const char *len;
    const char *min;
    const char *max;
    unsigned int max_len;      /* Of a node's subnet. */
    unsigned int usual_len;    /* The same, in a range that is large enough. */
} families[ADDR_N_FAMILIES] = {
    [ADDR_V4] = { "IPv4", "Network", "SubnetLen", "SubnetMin", "SubnetMax",
                  30, 24 },
    [ADDR_V6] = { "IPv6", "IPv6Network", "IPv6SubnetLen", "IPv6SubnetMin",
                  "IPv6SubnetMax", 126, 64 },
};

/* Keys of the whole and of a backend "vxlan"; NULL-terminated. */
static const char *const known_keys[] = {
    "Network", "SubnetLen", "SubnetMin", "SubnetMax", "EnableIPv4",
    "IPv6Network", "IPv6SubnetLen", "IPv6SubnetMin", "IPv6SubnetMax",
    "EnableIPv6", "EnableNFTables", "Backend", NULL
};
static const char *const vxlan_keys[] = {
    "Type", "VNI", "Port", "MTU", "GBP", "Learning", "DirectRouting", NULL
};

/* Notes the keys of 'object' that are none of 'known', each after 'where'. */
static void
note_unknown(const struct json *object, const char *where,
             const char *const known[], struct flannel *flannel)
{
    const struct shash_node **nodes = shash_sort(json_object(object));

    for (size_t i = 0; i < shash_count(json_object(object)); i++) {
        char buf[TEXT_SHOWN];
        size_t j = 0;

        while (known[j] && strcasecmp(known[j], nodes[i]->name)) {
            j++;
        }
        if (!known[j]) {
            svec_add_nocopy(&flannel->notes, xasprintf(
                "'%s%s' is not known and not followed", where,
                text_show(nodes[i]->name, buf)));
        }
    }
    free(nodes);
}

/* Reads a range; flannel drops bits beyond its length.  One of 0.0.0.0/0 or
 * ::/0 is none. */
static char * OVS_WARN_UNUSED_RESULT
parse_range(const struct family *family, const char *text,
            struct flannel_family *f, struct svec *notes)
{
    enum addr_family which = family - families;
    const char *slash = strchr(text, '/');
    char shown[TEXT_SHOWN];
    unsigned int plen;
    struct in6_addr addr;

    text_show(text, shown);
    if (!slash || !str_to_uint(slash + 1, 10, &plen)) {
        return xasprintf("%s: '%s' is not of the form ADDRESS/LENGTH",
                         family->network, shown);
    }
    char *copy = xmemdup0(text, slash - text);
    char *error = addr_parse(copy, &addr);
    free(copy);
    free(error);
    if (error || addr_family(&addr) != which
        || plen > (which == ADDR_V4 ? 32 : 128)) {
        return xasprintf("%s: '%s' is not a range of %s addresses",
                         family->network, shown, family->name);
    }
    struct in6_addr mask = ipv6_create_mask(which == ADDR_V4
                                            ? 96 + plen : plen);
    struct in6_addr net = ipv6_addr_bitand(&addr, &mask);
    if (!plen) {
        return NULL;
    }
    f->range = (struct prefix) { .addr = net, .plen = plen };
    if (!ipv6_addr_equals(&net, &addr)) {
        char buf[ADDR_STRLEN];
        svec_add_nocopy(notes, xasprintf("%s %s is taken as %s",
                                         family->network, shown,
                                         prefix_format(&f->range, buf)));
    }
    return NULL;
}

/* Checks or chooses the length of a node's subnet. */
static char * OVS_WARN_UNUSED_RESULT
choose_length(const struct family *family, struct flannel_family *f)
{
    unsigned int range_len = f->range.plen;

    if (f->node_plen > family->max_len) {
        return xasprintf("%s: %u is more than %u", family->len, f->node_plen,
                         family->max_len);
    } else if (f->node_plen && f->node_plen < range_len + 2) {
        return xasprintf("%s: a range of length %u has no four subnets of "
                         "length %u: %u would be the least", family->len,
                         range_len, f->node_plen, range_len + 2);
    } else if (!f->node_plen && range_len > family->max_len - 2) {
        return xasprintf("%s: its length %u leaves no room for four subnets: "
                         "%u would be the most", family->network, range_len,
                         family->max_len - 2);
    }
    if (!f->node_plen) {
        f->node_plen = (range_len <= family->usual_len - 2
                        ? family->usual_len : range_len + 2);
    }
    return NULL;
}

/* Reads where the first or the last subnet begins, if 'text' is not NULL. */
static char * OVS_WARN_UNUSED_RESULT
parse_bound(const char *key, const char *text, const struct flannel_family *f,
            struct in6_addr *addr)
{
    char shown[TEXT_SHOWN];

    if (!text) {
        return NULL;
    }
    char *error = addr_parse(text_show(text, shown), addr);
    if (error || !addr_is_set(addr)
        || addr_family(addr) != prefix_family(&f->range)) {
        free(error);
        return xasprintf("%s: '%s' is not an address of that family", key,
                         shown);
    } else if (!prefix_has_addr(&f->range, addr)) {
        char buf[ADDR_STRLEN];
        return xasprintf("%s: %s is not in %s", key, shown,
                         prefix_format(&f->range, buf));
    }
    size_t i = prefix_n_before(&f->range, f->node_plen, addr);
    struct prefix subnet = prefix_subnet(&f->range, f->node_plen, i);
    if (!ipv6_addr_equals(&subnet.addr, addr)) {
        return xasprintf("%s: no subnet of length %u begins at %s", key,
                         f->node_plen, shown);
    }
    return NULL;
}

static char * OVS_WARN_UNUSED_RESULT
parse_bounds(const struct json *json, const struct family *family,
             struct flannel_family *f)
{
    const char *min;
    const char *max;
    char *error = field_string(json, family->min, &min);

    error = error ? error : field_string(json, family->max, &max);
    error = error ? error : parse_bound(family->min, min, f, &f->first);
    error = error ? error : parse_bound(family->max, max, f, &f->last);
    if (error) {
        return error;
    }
    if (!min) {
        /* flannel's default: the second one. */
        f->first = prefix_subnet(&f->range, f->node_plen, 1).addr;
    }
    if (max && memcmp(&f->first, &f->last, sizeof f->first) > 0) {
        return xasprintf("%s: it is before %s", family->max, family->min);
    }
    return NULL;
}

/* Reads what is said of a family. */
static char * OVS_WARN_UNUSED_RESULT
parse_family(const struct json *json, const struct family *family,
             bool enabled, struct flannel *flannel)
{
    struct flannel_family *f = &flannel->families[family - families];
    const char *range;
    char *error = field_string(json, family->network, &range);

    if (error) {
        return error;
    } else if (!enabled) {
        if (range) {
            svec_add_nocopy(&flannel->notes, xasprintf(
                "%s is not followed, as %s is not enabled", family->network,
                family->name));
        }
        return NULL;
    }
    error = range ? parse_range(family, range, f, &flannel->notes) : NULL;
    if (!error && !prefix_is_set(&f->range)) {
        error = xasprintf("%s is missing", family->network);
    }
    error = error ? error : field_number(json, family->len, 128,
                                         &f->node_plen);
    error = error ? error : choose_length(family, f);
    return error ? error : parse_bounds(json, family, f);
}

/* Notes the options of flannel's VXLAN that mean nothing here. */
static char * OVS_WARN_UNUSED_RESULT
note_vxlan(const struct json *backend, struct flannel *flannel)
{
    static const char *const options[][2] = {
        { "GBP", "no group policy is carried" },
        { "Learning", "nothing is learned" },
        { "DirectRouting", "all packets between nodes go through tunnels" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        bool on = false;
        char *error = field_bool(backend, options[i][0], &on);
        if (error) {
            return error;
        } else if (on) {
            svec_add_nocopy(&flannel->notes, xasprintf(
                "Backend.%s is not followed: %s", options[i][0],
                options[i][1]));
        }
    }
    note_unknown(backend, "Backend.", vxlan_keys, flannel);
    return NULL;
}

static char * OVS_WARN_UNUSED_RESULT
parse_vxlan(const struct json *backend, struct flannel *flannel)
{
    unsigned int vni = 1;
    unsigned int mtu = 0;
    char *error = field_number(backend, "VNI", MAX_VNI, &vni);

    if (!error && !vni) {
        error = xstrdup("VNI: 0 is none: 1 to 16777215 are");
    }
    error = error ? error : field_number(backend, "VNI", MAX_VNI,
                                         &flannel->vni);
    error = error ? error : field_number(backend, "Port", UINT16_MAX,
                                         &flannel->port);
    error = error ? error : field_number(backend, "MTU", MAX_MTU, &mtu);
    if (!error && mtu && mtu < MIN_MTU + OVERHEAD) {
        error = xasprintf("MTU: %u leaves pods less than %d bytes", mtu,
                          MIN_MTU);
    }
    if (!error && mtu) {
        flannel->mtu = mtu - OVERHEAD;
    }
    return error ? error : note_vxlan(backend, flannel);
}

/* Reads how flannel carries packets between nodes. */
static char * OVS_WARN_UNUSED_RESULT
parse_backend(const struct json *json, struct flannel *flannel)
{
    const struct json *backend;
    const char *type;
    char shown[TEXT_SHOWN];
    char *error = field_find(json, "Backend", &backend);

    if (error || !backend) {
        return error;
    } else if (backend->type != JSON_OBJECT) {
        return xstrdup("Backend: it is not an object");
    }
    error = field_string(backend, "Type", &type);
    if (error) {
        return error;
    } else if (!type || !strcmp(type, "vxlan")) {
        error = parse_vxlan(backend, flannel);
    } else if (!strcmp(type, "wireguard") || !strcmp(type, "ipsec")) {
        return xasprintf("Backend: packets of '%s' are encrypted, and Loden's "
                         "are not: give it another type if that is meant",
                         type);
    } else {
        svec_add_nocopy(&flannel->notes, xasprintf(
            "Backend '%s' is not followed: packets between nodes go through "
            "VXLAN tunnels", text_show(type, shown)));
    }
    if (error) {
        char *cause = error;
        error = xasprintf("Backend.%s", cause);
        free(cause);
    }
    return error;
}

static char * OVS_WARN_UNUSED_RESULT
parse_object(const struct json *json, struct flannel *flannel)
{
    bool enabled[ADDR_N_FAMILIES] = { [ADDR_V4] = true };
    char *error = field_bool(json, "EnableIPv4", &enabled[ADDR_V4]);

    error = error ? error : field_bool(json, "EnableIPv6", &enabled[ADDR_V6]);
    if (!error && !enabled[ADDR_V4] && !enabled[ADDR_V6]) {
        error = xstrdup("EnableIPv4 and EnableIPv6: both are false");
    }
    for (int i = 0; i < ADDR_N_FAMILIES && !error; i++) {
        error = parse_family(json, &families[i], enabled[i], flannel);
    }
    error = error ? error : parse_backend(json, flannel);
    if (!error) {
        note_unknown(json, "", known_keys, flannel);
    }
    return error;
}

char *
flannel_parse(const char *text, size_t len, struct flannel *ret_flannel)
{
    struct flannel flannel = { .notes = SVEC_EMPTY_INITIALIZER };
    char *error;

    if (len > FLANNEL_MAX_TEXT || memchr(text, '\0', len)) {
        return xasprintf("it is not a text of at most %d bytes",
                         FLANNEL_MAX_TEXT);
    }
    char *copy = xmemdup0(text, len);
    struct json *json = json_from_string(copy);
    free(copy);
    if (json->type == JSON_OBJECT) {
        error = parse_object(json, &flannel);
    } else if (json->type == JSON_STRING) {
        char shown[TEXT_SHOWN];
        error = xasprintf("it is not a JSON object (%s)",
                          text_show(json_string(json), shown));
    } else {
        error = xstrdup("it is not a JSON object");
    }
    json_destroy(json);
    if (error) {
        flannel_destroy(&flannel);
        return error;
    }
    svec_sort(&flannel.notes);
    *ret_flannel = flannel;
    return NULL;
}

void
flannel_destroy(struct flannel *flannel)
{
    svec_destroy(&flannel->notes);
}

char *
flannel_read(const char *name, char **ret_text, size_t *ret_len)
{
    char *text = xmalloc(FLANNEL_MAX_TEXT + 1);
    FILE *file = fopen(name, "r");
    size_t len = file ? fread(text, 1, FLANNEL_MAX_TEXT + 1, file) : 0;
    int error = !file || ferror(file) ? errno : 0;

    if (file) {
        fclose(file);
    }
    if (error) {
        free(text);
        return xstrdup(ovs_strerror(error));
    }
    *ret_text = text;
    *ret_len = len;
    return NULL;
}
