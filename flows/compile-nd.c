/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Neighbour discovery (RFC 4861), answered in the switch as ARP is.
 *
 * A solicitation becomes its own answer, in two tables: only when its type
 * says that it is an advertisement may its option be set, and a rule cannot
 * change the type and use it.  Open vSwitch computes the checksum anew.
 *
 *     neighbour    addresses, type, flags; the answering MAC as eth_src
 *     advertise    that MAC into the option, and back to who asked
 *
 * Linux's openvswitch module changes neither the flags nor the option's type:
 * on that datapath the controller is asked, at a rate, and composes the answer
 * out of the same addresses (controller/ofanswer.c).
 *
 * A solicitation without the option, which may go to one address only, gets
 * an answer without (7.2.4): who asks so wants to know whether the neighbour
 * is there, not its MAC.
 *
 * Who may ask is decided in the table before (compile-v6.c), and which
 * addresses are answered, with which MAC, by whoever calls. */

#include <config.h>
#include "flows/compile-private.h"

/* The flags of an answer (RFC 4861, 4.4): solicited, override, and perhaps
 * router. */
#define FLAG_ROUTER UINT32_C(0x80000000)
#define FLAG_SOLICITED UINT32_C(0x40000000)
#define FLAG_OVERRIDE UINT32_C(0x20000000)

/* How many solicitations of a network the controller answers in a second. */
#define ND_METER_RATE 1000

/* What every solicitation that counts has (7.1.1): one with another hop limit
 * came over a router. */
#define SOLICITATION "icmp6,icmp_type=135,icmp_code=0,nw_ttl=255"

/* Rules that stand in every world. */
void
compile_nd_pipeline(struct compile *c)
{
    /* Nobody but the one it is allotted to can use an address, so that whoever
     * looks for duplicates (RFC 4862, 5.4) will hear of none. */
    put(c, TABLE_NEIGHBOUR, PRIORITY_FORBIDDEN,
        SOLICITATION",ipv6_src=:: actions="DROP_FMT, DROP(ND_DAD));
    put(c, TABLE_NEIGHBOUR, PRIORITY_REST, "icmp6 actions="DROP_FMT,
        DROP(ND_UNANSWERED));
    put(c, TABLE_ADVERTISE, PRIORITY_EXACT,
        "icmp6,icmp_type=136,icmp_code=0 "
        "actions=move:eth_src->nd_tll,in_port");
}

/* Has the controller answer with 'flags', no more often than a meter of the
 * network says. */
static void
put_question(struct compile *c, enum pipeline_priority priority,
             const struct nd_answer *answer, uint32_t flags)
{
    const struct meter meter = {
        .number = METER_ND + answer->vni,
        .pps = ND_METER_RATE,
        .burst = ND_METER_RATE,
    };
    char about[ADDR_STRLEN];

    meterset_put(&c->rules->meters, &meter);
    put(c, TABLE_NEIGHBOUR, priority,
        "@network=%"PRIu32","SOLICITATION",nd_target=%s "
        "actions=meter:%"PRIu32",move:eth_src->eth_dst,"
        "set_field:"ETH_ADDR_FMT"->eth_src,set_field:0x%"PRIx32"->@scratch,"
        "controller:65535",
        answer->vni, prefix_format(&answer->about, about), meter.number,
        ETH_ADDR_ARGS(answer->mac), flags);
}

/* Answers solicitations for 'answer->about'. */
void
compile_nd_answer(struct compile *c, enum pipeline_priority priority,
                  const struct nd_answer *answer)
{
    uint32_t flags = (FLAG_SOLICITED | FLAG_OVERRIDE
                      | (answer->router ? FLAG_ROUTER : 0));
    char about[ADDR_STRLEN];

    if (!c->world->userspace) {
        put_question(c, priority, answer, flags);
        return;
    }
    put(c, TABLE_NEIGHBOUR, priority,
        "@network=%"PRIu32","SOLICITATION",nd_target=%s actions="
        "move:eth_src->eth_dst,set_field:"ETH_ADDR_FMT"->eth_src,"
        "move:ipv6_src->ipv6_dst,move:nd_target->ipv6_src,"
        "set_field:136->icmpv6_type,set_field:2->nd_options_type,"
        "set_field:0x%"PRIx32"->nd_reserved,goto_table:advertise",
        answer->vni, prefix_format(&answer->about, about),
        ETH_ADDR_ARGS(answer->mac), flags);
}

/* Gives who asks for its 'own' address from 'port' no answer. */
void
compile_nd_own(struct compile *c, ofp_port_t port, const struct in6_addr *own)
{
    char text[ADDR_STRLEN];

    put(c, TABLE_NEIGHBOUR, PRIORITY_EXACT,
        "in_port=%"PRIu32","SOLICITATION",nd_target=%s actions="DROP_FMT,
        OUT(port), addr_format(own, text), DROP(ND_OWN));
}

/* Lets whom 'from' matches tell a bridged network that it has 'ip' (RFC 4861,
 * 7.2.6), with 'tll', ",nd_tll=MAC" or "" for any. */
void
compile_nd_announcement(struct compile *c, const char *from,
                        const struct in6_addr *ip, const char *tll)
{
    char text[ADDR_STRLEN];

    addr_format(ip, text);
    put(c, TABLE_SPOOF, PRIORITY_BRIDGED,
        "%s,icmp6,icmp_type=136,icmp_code=0,nw_ttl=255,ipv6_src=%s,"
        "nd_target=%s%s actions=goto_table:bridge", from, text, text, tll);
}
