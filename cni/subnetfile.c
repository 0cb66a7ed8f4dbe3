/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads what loden-controller wrote for flannel's plugin and its kin:
 * lines NAME=VALUE.  Names that the plugin does not need are not looked at:
 * whether pods are masqueraded, say, is the controller's to do. */

#include "cni/subnetfile.h"

#include <string.h>

#include "cni/io.h"
#include "cni/network.h"

static int
parse_subnet(const char *text, enum ip_family family, struct subnetfile *file,
             struct cni_error *err)
{
    struct ip_prefix *subnet = &file->subnet[family];

    if (!ip_parse_prefix(text, subnet)
        || ip_family(subnet->address) != family || !subnet->length) {
        return error_set(err, ERROR_CONFIG, "%s=%s is no %s prefix",
                         family == IP_V4 ? "FLANNEL_SUBNET"
                                         : "FLANNEL_IPV6_SUBNET",
                         text, ip_family_name(family));
    }
    return 0;
}

int
subnetfile_parse(char *text, struct subnetfile *ret_file,
                 struct cni_error *err)
{
    const char *subnet[IP_N_FAMILIES] = { NULL };
    struct subnetfile file = { .mtu = 0 };
    const char *mtu = NULL;
    char *rest = NULL;

    for (char *line = strtok_r(text, "\r\n", &rest); line;
         line = strtok_r(NULL, "\r\n", &rest)) {
        if (!strncmp(line, "FLANNEL_SUBNET=", 15)) {
            subnet[IP_V4] = line + 15;
        } else if (!strncmp(line, "FLANNEL_IPV6_SUBNET=", 20)) {
            subnet[IP_V6] = line + 20;
        } else if (!strncmp(line, "FLANNEL_MTU=", 12)) {
            mtu = line + 12;
        }
    }
    if ((!subnet[IP_V4] && !subnet[IP_V6]) || !mtu) {
        return error_set(err, ERROR_CONFIG, "%s is missing",
                         mtu ? "FLANNEL_SUBNET" : "FLANNEL_MTU");
    }
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        if (subnet[family]
            && parse_subnet(subnet[family], family, &file, err)) {
            return -1;
        }
    }
    if (!network_parse_mtu(mtu, &file.mtu)) {
        return error_set(err, ERROR_CONFIG, "FLANNEL_MTU=%s is no MTU", mtu);
    }
    *ret_file = file;
    return 0;
}

/* Reads and parses the file 'path'.  A file that is not there yet is an error
 * that a later call may not see: the controller writes it. */
int
subnetfile_read(const char *path, struct subnetfile *ret_file,
                struct cni_error *err)
{
    char text[4096];

    if (io_read_file(path, text, sizeof text, err)) {
        err->code = ERROR_TRY_AGAIN;
        return error_details(err, "loden-controller writes it as soon as this "
                                  "node holds a subnet");
    }
    return subnetfile_parse(text, ret_file, err) ? error_wrap(err, "%s", path)
                                                 : 0;
}
