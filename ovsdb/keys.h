/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_KEYS_H
#define LODEN_OVSDB_KEYS_H 1

/* The words that Loden's programs say to each other through the node's
 * Open_vSwitch database.  The plugin and the controller share nothing else:
 * this header uses no library, so that both can include it.
 *
 * Every key is an external_ids key. */

/* Interface row of a pod, written by the plugin. */
#define KEY_ID "loden-id"           /* NETWORK/CONTAINER/INTERFACE, where
                                     * NETWORK is the CNI network's name. */
#define ID_MAX 512                  /* Bytes of KEY_ID's value, of which each
                                     * is printable ASCII and no space. */
#define KEY_NETWORK "loden-network" /* Loden's name of the network. */
#define KEY_IP "loden-ip"           /* NETWORK/ADDRESS, IPv4. */
#define KEY_IP6 "loden-ip6"         /* NETWORK/ADDRESS, IPv6. */
#define KEY_MAC "loden-mac"         /* The pod's Ethernet address. */
#define KEY_NETNS "loden-netns"     /* Path of the pod's namespace. */
#define KEY_BOOT "loden-boot"       /* Boot id of the kernel that made it. */
#define KEY_REQ "loden-req"         /* A nonce for each ADD. */
#define KEY_POD "loden-pod"         /* For people: namespace/name. */
#define KEY_RATE_IN "loden-rate-in"   /* To the pod: "RATE BURST", in bits/s
                                       * and bits; absent: no limit. */
#define KEY_RATE_OUT "loden-rate-out" /* From the pod, likewise. */
#define KEY_PORTS "loden-ports" /* Host ports: words PROTO/HOSTPORT/PODPORT or
                                 * PROTO/HOSTPORT/PODPORT/HOSTADDRESS, one
                                 * space between two. */
#define KEY_MTU "loden-mtu" /* What the pod may have at most, bytes; absent:
                             * its network's. */
#define KEY_MAC_CHECK "loden-mac-check" /* "false": any source MAC is fine. */
#define KEY_ISOLATED "loden-isolated" /* "true": isolated pods of one node do
                                       * not reach each other. */
#define KEY_DHCP "loden-dhcp" /* "true": it asks the host for addresses by
                               * DHCP, and has none until then. */
#define KEY_CLAIM "loden-claim" /* KEY_REQ's value while a pod of a bridged
                                 * network waits for the cluster's word that
                                 * it may have an address that is not this
                                 * node's to give.  The controller removes
                                 * it when it knows. */
#define KEY_MOVE "loden-move"   /* "true": who has the same address and the
                                 * same MAC elsewhere is this pod itself. */
#define KEY_IFACE_ID "iface-id"     /* As others expect: equals KEY_ID. */
#define KEY_ATTACHED_MAC "attached-mac" /* As others expect: KEY_MAC. */

/* Interface row of a pod, written by the controller. */
#define KEY_ACK "loden-ack" /* KEY_REQ's value once the flows are confirmed. */

#define KEY_REFUSED "loden-refused" /* Why it may not have that address. */

/* KEY_REQ's value while the pod is refused for what its row asks for, a rate
 * or a host port, and why. */
#define KEY_NACK "loden-nack"
#define KEY_WHY "loden-why"

/* Interface rows of the controller's own ports. */
#define KEY_PEER "loden-peer" /* On a tunnel port: the peer's name. */
#define KEY_HOST "loden-host" /* On a host port: the network's name. */
#define KEY_TUNNELS "loden-tunnels" /* On the port that all peers share. */

/* QoS and Queue rows, written by the controller. */
#define KEY_LIMIT "loden-limit" /* Of which pod's port they are: its name. */

/* Bridge row. */
#define KEY_OWNER "loden-owner"       /* On a bridge of Loden's: the node. */
#define KEY_NET_PREFIX "loden-net:"   /* + network: NET_* words, see below. */
#define KEY_LAST_PREFIX "loden-last:" /* + network: the IPv4 address last
                                       * given there, by the plugin. */
#define KEY_LAST6_PREFIX "loden-last6:" /* The same for IPv6. */
#define KEY_LOST_PREFIX "loden-lost:" /* + network: the node that has this
                                       * node's subnet by now: no new pods. */
#define KEY_WANT_PREFIX "loden-want:" /* + network, bridged: the plugin finds
                                       * no free address.  The controller
                                       * removes it when there are some. */
#define KEY_DRAINING "loden-draining" /* "true": no new pods. */

/* Open_vSwitch row, settings that a person makes. */
#define KEY_REMOTE "loden-remote"     /* The cluster database's remotes. */
#define KEY_WRITE_REMOTE "loden-write-remote" /* Those to write to, if
                                               * KEY_REMOTE's are relays. */
#define KEY_ENCAP_IP "loden-encap-ip" /* This node's tunnel address, or one of
                                       * each family with a comma between. */
#define KEY_BRIDGE "loden-bridge"     /* The integration bridge's name. */
#define KEY_NODE "loden-node"         /* The node's name. */
#define KEY_TUNNEL_PORTS "loden-tunnel-ports" /* Instead of the cluster's
                                               * OPTION_TUNNEL_PORTS. */
#define KEY_CSUM "loden-csum" /* These, too, instead of the cluster's options
                               * of the outer header. */
#define KEY_DF_DEFAULT "loden-df-default"
#define KEY_TOS "loden-tos"
#define KEY_TTL "loden-ttl"
#define KEY_ENCAP "loden-encap"       /* Instead of the cluster's
                                       * OPTION_ENCAP. */
#define KEY_FORWARD "loden-forward"   /* "manage": put rules into chains of
                                       * others that drop what pods need. */

/* Loden_Global row, options. */
#define OPTION_TUNNEL_PORTS "tunnel_ports" /* per-peer, shared or auto. */
#define OPTION_DST_PORT "dst_port"         /* UDP port of VXLAN. */
#define OPTION_ALSO_DST_PORT "also_dst_port" /* Another one, whose packets
                                              * nodes take as well while it
                                              * changes; by lodenctl. */
#define OPTION_ENCAP "encap"               /* vxlan or geneve: what nodes
                                            * speak.  In a Node row: what that
                                            * one does; absent: vxlan. */

/* The same: the tunnels' outer header; flows/outer.c says what they may be.
 * Tunnel ports' options are called alike. */
#define OPTION_CSUM "csum"
#define OPTION_DF_DEFAULT "df_default"
#define OPTION_TOS "tos"
#define OPTION_TTL "ttl"

/* Loden_Global row of the cluster's database: options. */
#define OPTION_DRAIN_PREFIX "drain:" /* + node: since when it shall take no
                                      * new pods, as a time for people. */

/* Node rows there: options.  What that node's ways to all peers leave for the
 * packets of pods, in bytes; absent: it does not know, or is an older one. */
#define OPTION_POD_MTU "pod_mtu"

/* Network rows there: options.  Where nodes' first and last subnet begin. */
#define OPTION_SUBNET_MIN "subnet_min"   /* IPv4. */
#define OPTION_SUBNET_MAX "subnet_max"
#define OPTION_SUBNET_MIN6 "subnet_min6" /* IPv6. */
#define OPTION_SUBNET_MAX6 "subnet_max6"
#define OPTION_STORM_RATE "storm_rate"   /* Bridged: bits/s that are flooded
                                          * at most; 0: no limit. */
#define OPTION_BLOCK_REST "block_rest"   /* Bridged: seconds after which a free
                                          * block is given back. */

/* There, too: another VNI whose packets nodes take as this network's, while
 * its VNI changes; written by lodenctl. */
#define OPTION_ALSO_VNI "also_vni"

/* There, too: "true" while lodenctl deletes it: no new pods. */
#define OPTION_CLOSING "closing"

/* Node_Status row there: external_ids. */
#define STATUS_PODS_PREFIX "pods:" /* + network: how many pods of it the node
                                    * has; absent: none. */

#define DEFAULT_BRIDGE "br-int"
#define DEFAULT_NETWORK "default"

/* The value of KEY_NET_PREFIX: words WORD=VALUE, one space between two, in
 * any order; readers ignore words they do not know. */
#define NET_MODE "mode"       /* "routed" or "bridged" */
#define NET_VNI "vni"         /* 1 to 16777215 */
#define NET_RANGE "range"     /* The network's IPv4 prefixes, by commas. */
#define NET_SUBNET "subnet"   /* This node's IPv4 prefix; if bridged, that of
                               * all nodes. */
#define NET_BLOCKS "blocks"   /* If bridged, what of it this node gives: IPv4
                               * prefixes, by commas; absent: nothing yet. */
#define NET_TAKEN "taken"     /* Addresses in these that pods elsewhere have,
                               * by commas; absent: none. */
#define NET_GATEWAY "gateway" /* Its first address, on the host port. */
#define NET_RANGE6 "range6"   /* The same for IPv6.  The words of a family that
                               * the network has no subnet of are absent. */
#define NET_SUBNET6 "subnet6"
#define NET_GATEWAY6 "gateway6"
#define NET_MAC "mac"         /* The gateway's Ethernet address. */
#define NET_MTU "mtu"         /* The pods' MTU in bytes. */
#define NET_CLOSING "closing" /* "true": no new pods, it is about to be
                               * deleted; else absent. */
#define NET_HOST "host"       /* The host port's name; absent when internal. */

/* The pods' end on the host is called this and eight hex digits. */
#define POD_PORT_PREFIX "ldn"

#endif /* ovsdb/keys.h */
