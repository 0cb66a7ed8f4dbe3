/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Shapes and limits are those of the reference's bandwidth and portmap plugins
 * (containernetworking/plugins, plugins/meta), which callers know; keys are
 * matched without regard to case, since containerd capitalizes them.
 *
 * "aliases" and "dns" are for others, and "ips" and "mac" are wish.c's. */

#include "cni/capability.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cni/ip.h"
#include "cni/value.h"

/* ---- Bandwidth -------------------------------------------------------- */

/* Prints "RATE BURST" into 'buf'; nothing if there is no limit. */
static int
parse_rate(const json_t *bandwidth, const char *direction, char buf[],
           struct cni_error *err)
{
    char rate_key[32], burst_key[32];
    long long rate = 0, burst = 0;

    snprintf(rate_key, sizeof rate_key, "%sRate", direction);
    snprintf(burst_key, sizeof burst_key, "%sBurst", direction);
    if (value_to_integer(value_find_any_case(bandwidth, rate_key), rate_key,
                         &rate, err)
        || value_to_integer(value_find_any_case(bandwidth, burst_key),
                            burst_key, &burst, err)) {
        return error_wrap(err, "bandwidth");
    } else if (!rate != !burst) {
        return error_set(
            err, ERROR_CONFIG, "bandwidth: if %s is set, %s must also be set",
            rate ? rate_key : burst_key, rate ? burst_key : rate_key);
    } else if (rate) {
        snprintf(buf, CAPABILITY_RATE_MAX, "%lld %lld", rate, burst);
    }
    return 0;
}

/* "ingress" is what comes to the pod. */
static int
parse_bandwidth(const json_t *bandwidth, struct capability *capability,
                struct cni_error *err)
{
    return value_check_object(bandwidth, "bandwidth", err)
           || parse_rate(bandwidth, "ingress", capability->rate_in, err)
           || parse_rate(bandwidth, "egress", capability->rate_out, err);
}

/* ---- Host ports ------------------------------------------------------- */

/* One entry of "portMappings". */
struct mapping {
    const char *protocol; /* As KEY_PORTS has it. */
    long long host_port;
    long long pod_port;
    char host_ip[IP_STRLEN]; /* Of the host; "" for all. */
};

static int
parse_protocol(const char *text, struct mapping *mapping,
               struct cni_error *err)
{
    static const char *const protocols[] = { "tcp", "udp", "sctp" };

    for (size_t i = 0; i < 3; i++) {
        if (!strcasecmp(text, protocols[i])) {
            mapping->protocol = protocols[i];
            return 0;
        }
    }
    return error_set(err, ERROR_CONFIG,
                     "portMappings: protocol \"%s\" is none of tcp, udp and "
                     "sctp",
                     text);
}

static int
parse_host_ip(const char *text, struct mapping *mapping, struct cni_error *err)
{
    struct ip ip = { .bytes = { 0 } };

    if (!text || !*text || !strcmp(text, "::")) {
        return 0;
    } else if (!ip_parse(text, &ip)) {
        return error_set(err, ERROR_CONFIG,
                         "portMappings: the host's address \"%s\" makes no "
                         "sense",
                         text);
    } else if (!ip_is_zero(ip)) {
        ip_format(ip, mapping->host_ip);
    }
    return 0;
}

static int
check_port(long long port, const char *whose, struct cni_error *err)
{
    return port < 1 || port > 65535
               ? error_set(err, ERROR_CONFIG,
                           "portMappings: invalid %s port number: %lld", whose,
                           port)
               : 0;
}

static int
parse_mapping(const json_t *entry, struct mapping *ret_mapping,
              struct cni_error *err)
{
    struct mapping mapping = { .protocol = NULL };
    const char *protocol = "tcp";
    const char *host_ip = NULL;

    if (value_to_integer(value_find_any_case(entry, "hostPort"), "hostPort",
                         &mapping.host_port, err)
        || value_to_integer(value_find_any_case(entry, "containerPort"),
                            "containerPort", &mapping.pod_port, err)
        || value_to_string(value_find_any_case(entry, "protocol"), "protocol",
                           &protocol, err)
        || value_to_string(value_find_any_case(entry, "hostIP"), "hostIP",
                           &host_ip, err)) {
        return error_wrap(err, "portMappings");
    } else if (check_port(mapping.pod_port, "container", err)
               || check_port(mapping.host_port, "host", err)
               || parse_protocol(protocol, &mapping, err)
               || parse_host_ip(host_ip, &mapping, err)) {
        return -1;
    }
    *ret_mapping = mapping;
    return 0;
}

static int
parse_ports(const json_t *list, char **ret_ports, struct cni_error *err)
{
    const json_t *entry;
    size_t size, i;
    FILE *stream;
    int retval = 0;

    if (list && !json_is_array(list)) {
        return error_set(err, ERROR_CONFIG, "\"portMappings\" must be a list");
    }
    stream = open_memstream(ret_ports, &size);
    if (!stream) {
        return error_no_memory(err);
    }
    json_array_foreach (list, i, entry) {
        struct mapping mapping = { .protocol = NULL };

        if (parse_mapping(entry, &mapping, err)) {
            retval = -1;
            break;
        }
        fprintf(stream, "%s%s/%lld/%lld%s%s", i ? " " : "", mapping.protocol,
                mapping.host_port, mapping.pod_port,
                *mapping.host_ip ? "/" : "", mapping.host_ip);
    }
    if (fclose(stream) && !retval) {
        retval = error_no_memory(err);
    }
    return retval;
}

/* ---- All of it -------------------------------------------------------- */

/* Wishes that would be silently ignored. */
static int
refuse_others(const json_t *runtime, struct cni_error *err)
{
    const char *id = NULL;

    if (value_to_string(value_find_any_case(runtime, "deviceID"), "deviceID",
                        &id, err)) {
        return -1;
    }
    return id ? error_set(err, ERROR_UNSUPPORTED,
                          "deviceID: \"%s\" is not supported", id)
              : 0;
}

int
capability_parse(const struct config *config,
                 struct capability *ret_capability, struct cni_error *err)
{
    const json_t *runtime = value_find(config->root, "runtimeConfig");
    struct capability capability = { .ports = NULL };

    if (value_check_object(runtime, "runtimeConfig", err)
        || refuse_others(runtime, err)
        || parse_bandwidth(value_find_any_case(runtime, "bandwidth"),
                           &capability, err)
        || parse_ports(value_find_any_case(runtime, "portMappings"),
                       &capability.ports, err)) {
        capability_destroy(&capability);
        return -1;
    }
    *ret_capability = capability;
    return 0;
}

void
capability_destroy(struct capability *capability)
{
    free(capability->ports);
    capability->ports = NULL;
}
