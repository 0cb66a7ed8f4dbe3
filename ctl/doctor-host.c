/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The doctor's look at what is between the pods and the world: the network
 * below, the tunnels' UDP port, and what the host lets through. */

#include <config.h>
#include "ctl/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/sockets.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "util.h"

/* Is it Open vSwitch's device in the kernel that has UDP 'port'? */
static bool
is_tunnel_device(int port)
{
    char *device = xasprintf("/sys/class/net/%s_sys_%d",
                             port == TUNNELS_GENEVE_PORT ? "genev" : "vxlan",
                             port);
    bool exists = !access(device, F_OK);

    free(device);
    return exists;
}

/* Can tunnels have UDP 'port'?  'cure' says how they get another one. */
static void
check_udp_port(struct doctor *doctor, int port, const char *cure)
{
    const char *datapath = doctor_text(doctor->status, "datapath");
    char *holder = sockets_find_udp(port);

    if (!holder || is_tunnel_device(port)) {
        free(holder);
        doctor_find(
            doctor, "udp port", VERDICT_OK,
            xasprintf("nobody else holds UDP port %d, the tunnels'", port),
            NULL);
        return;
    }
    /* Userspace takes the packets before the kernel does. */
    bool userspace = datapath && !strcmp(datapath, "netdev");
    doctor_find(
        doctor, "udp port", userspace ? VERDICT_WARN : VERDICT_FAIL,
        xasprintf("UDP port %d, the tunnels', is held by %s", port, holder),
        xasprintf("end that, or %s", cure));
    free(holder);
}

/* Does this node speak Geneve, or shall it? */
static bool
speaks_geneve(const struct json *tunnels)
{
    const char *name = tunnels_encap_name(TUNNELS_GENEVE);

    return (tunnels
            && (nullable_string_is_equal(doctor_text(tunnels, "encap"), name)
                || nullable_string_is_equal(doctor_text(tunnels, "speaks"),
                                            name)));
}

/* Can tunnels have their UDP ports? */
void
doctor_check_udp_port(struct doctor *doctor)
{
    static const char cure[] = "move the tunnels of all nodes: lodenctl "
                               "option set dst_port PORT";
    const struct json *tunnels =
        doctor_member(doctor->status, "tunnels", JSON_OBJECT);
    int also = doctor_number(tunnels, "also_dst_port");

    check_udp_port(doctor,
                   (tunnels ? doctor_number(tunnels, "dst_port")
                    : TUNNELS_VXLAN_PORT),
                   cure);
    if (also) {
        check_udp_port(doctor, also, cure);
    }
    if (speaks_geneve(tunnels)) {
        check_udp_port(doctor, TUNNELS_GENEVE_PORT,
                       "have this node speak VXLAN: ovs-vsctl set open . "
                       "external_ids:loden-encap=vxlan");
    }
}

/* Does what pods may send fit into the network below? */
void
doctor_check_mtu(struct doctor *doctor)
{
    long long int underlay = doctor_number(doctor->status, "underlay_mtu");
    long long int overhead = doctor_number(doctor->status, "tunnel_overhead");
    const struct json_array *networks =
        doctor_list(doctor->status, "networks");
    bool fits = true;

    if (!underlay) {
        doctor_find(doctor, "mtu", VERDICT_FAIL,
                    xstrdup("no interface has the tunnels' address"),
                    xstrdup("ovs-vsctl set open . "
                            "external_ids:loden-encap-ip=ADDRESS"));
        return;
    }
    for (size_t i = 0; i < networks->n; i++) {
        const char *name = doctor_text(networks->elems[i], "name");
        long long int mtu = doctor_number(networks->elems[i], "mtu");
        if (name && mtu + overhead > underlay) {
            doctor_find(
                doctor, "mtu", VERDICT_FAIL,
                xasprintf("network %s: %lld bytes and %lld of tunnel do not "
                          "fit into the underlay's %lld",
                          name, mtu, overhead, underlay),
                xasprintf("lodenctl network set %s --mtu=%lld, or a larger "
                          "MTU below",
                          name, underlay - overhead));
            fits = false;
        }
    }
    if (fits) {
        doctor_find(
            doctor, "mtu", VERDICT_OK,
            xasprintf("every network fits into the underlay's %lld bytes",
                      underlay),
            NULL);
    }
}

/* Does the host forward at all, IPv6 as well where a network has it? */
void
doctor_check_ip_forward(struct doctor *doctor)
{
    const struct json *host =
        doctor_member(doctor->status, "host", JSON_OBJECT);
    const struct json_array *networks =
        doctor_list(doctor->status, "networks");
    bool v4 = !doctor_member(host, "ip_forward", JSON_FALSE);
    bool v6 = true;

    for (size_t i = 0; i < networks->n; i++) {
        if (doctor_text(networks->elems[i], "subnet6")
            && !doctor_is_true(networks->elems[i], "internal")) {
            v6 = v6 && !doctor_member(host, "ip6_forward", JSON_FALSE);
        }
    }
    if (!v4 || !v6) {
        const char *name =
            (v4 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward");
        doctor_find(doctor, "ip_forward", VERDICT_FAIL,
                    xasprintf("%s is 0: pods do not reach the world", name),
                    xasprintf("sysctl -w %s=1, and find out who set it to 0: "
                              "/etc/sysctl.d?",
                              name));
    } else {
        doctor_find(doctor, "ip_forward", VERDICT_OK,
                    xstrdup("the host forwards"), NULL);
    }
}

/* Does the host let through what pods send to the world? */
void
doctor_check_forward(struct doctor *doctor)
{
    const struct json *host =
        doctor_member(doctor->status, "host", JSON_OBJECT);
    const struct json *forward = doctor_member(host, "forward", JSON_OBJECT);
    const struct json_array *problems = doctor_list(forward, "problems");

    for (size_t i = 0; i < problems->n; i++) {
        if (problems->elems[i]->type == JSON_STRING) {
            const char *problem = json_string(problems->elems[i]);
            const char *remedy = strstr(problem, ": run ");
            size_t len = remedy ? remedy - problem : strlen(problem);
            doctor_find(doctor, "firewall", VERDICT_FAIL,
                        xmemdup0(problem, len),
                        xstrdup(remedy ? remedy + 2 : ""));
        }
    }
    if (!problems->n) {
        doctor_find(doctor, "firewall", VERDICT_OK,
                    xasprintf("no chain of others drops what pods need%s",
                              doctor_number(forward, "rules")
                                  ? ", thanks to our rules"
                                  : ""),
                    NULL);
    }
}

/* Could the daemon do to the host what it wants to? */
void
doctor_check_host(struct doctor *doctor)
{
    static const struct {
        const char *part;   /* In the daemon's status. */
        const char *check;
        const char *remedy;
    } parts[] = {
        { "nftables", "nftables",
          "is the table another program's: nft list table inet loden" },
        { "deaf", "nftables",
          "is the table another program's: nft list table netdev loden" },
        { "subnet_file", "subnet file", "is there room, in a folder of "
          "root's?" },
    };
    const struct json *host =
        doctor_member(doctor->status, "host", JSON_OBJECT);

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        const char *error =
            doctor_text(doctor_member(host, parts[i].part, JSON_OBJECT),
                        "error");

        if (error) {
            doctor_find(doctor, parts[i].check, VERDICT_FAIL, xstrdup(error),
                        xstrdup(parts[i].remedy));
        }
    }
}
