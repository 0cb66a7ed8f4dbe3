# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2034

# What loden-ctl knows about daemons, Open vSwitch's database and keys.  'make'
# puts this into ctl/loden-ctl, which alone is installed;
# variables that are not set here are set there.

# ---- Daemons ---------------------------------------------------------------

controller_pidfile=$OVS_RUNDIR/loden-controller.pid
cluster_pidfile=$LODEN_RUNDIR/cluster.pid
cluster_ctl=$LODEN_RUNDIR/cluster.ctl
relay_pidfile=$LODEN_RUNDIR/relay.pid
relay_ctl=$LODEN_RUNDIR/relay.ctl
relay_sock=$LODEN_RUNDIR/relay.sock

# alive PID: is there such a process?  One that has ended may wait for its
# parent to hear of it.
alive() {
    [ -d "/proc/$1" ] && ! grep -q '^State:.*zombie' "/proc/$1/status"
} 2>/dev/null

# running PIDFILE COMM: is it?  Sets 'pid'.
running() {
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] &&
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = \
          "$(printf %.15s "$2")" ] && alive "$pid"
}

# until_gone PID SECONDS: waits for the end of a process.
until_gone() {
    left=$(($2 * 10))
    while alive "$1"; do
        [ $left -gt 0 ] || return 1
        left=$((left - 1))
        sleep 0.1
    done
}

# stop_daemon NAME PIDFILE COMM SOCKET
stop_daemon() {
    if ! running "$2" "$3"; then
        say "$1 is not running"
        return 0
    fi
    daemon=$pid
    socket=${4:-$OVS_RUNDIR/$3.$daemon.ctl}
    ovs-appctl -T 5 -t "$socket" exit >/dev/null 2>&1 || kill "$daemon"
    if ! until_gone "$daemon" 5; then
        kill "$daemon" 2>/dev/null
        if ! until_gone "$daemon" 5; then
            warn "$1 ($daemon) does not end: killing it"
            kill -9 "$daemon" 2>/dev/null
            until_gone "$daemon" 10 || die "$1 ($daemon) cannot be killed"
            rm -f "$socket" "$2"
        fi
    fi
    say "$1 has ended"
}

# ---- Keys ------------------------------------------------------------------

# key_file VALUE FILE: where a key is: what was said, else FILE in our folder.
key_file() { echo "${1:-$LODEN_SYSCONFDIR/$2}"; }

# key_option NAME VALUE FILE: a daemon's option for a key that there is.
key_option() {
    if [ -n "$2" ] || [ -r "$LODEN_SYSCONFDIR/$3" ]; then
        echo "--$1=$(key_file "$2" "$3")"
    fi
}

key_options() {
    key_option private-key "$private_key" loden.key
    key_option certificate "$certificate" loden.crt
    key_option ca-cert "$ca_cert" ca.crt
}

# need_keys WHY: all three are there, or nothing works.
need_keys() {
    for file in "$(key_file "$private_key" loden.key)" \
                "$(key_file "$certificate" loden.crt)" \
                "$(key_file "$ca_cert" ca.crt)"; do
        [ -r "$file" ] ||
            die "$1 needs keys, and there is no $file: 'lodenctl pki node" \
                "NAME' makes them, for $LODEN_SYSCONFDIR"
    done
}

# check_certificate NODE: what another's certificate writes is refused.
check_certificate() {
    file=$(key_file "$certificate" loden.crt)
    command -v openssl >/dev/null || return 0
    cn=$(openssl x509 -noout -subject -nameopt multiline -in "$file" \
         2>/dev/null | sed -n 's/^ *commonName *= //p')
    [ "$cn" = "$1" ] ||
        warn "this node is '$1', but the certificate $file is of '$cn':" \
             "servers will refuse what it writes"
}

# ---- Open vSwitch ----------------------------------------------------------

vsctl() { ovs-vsctl --timeout=10 --no-wait "$@"; }

get_setting() {
    vsctl --if-exists get Open_vSwitch . "external_ids:$1" | tr -d '"'
}

# put_setting KEY VALUE: writes it, unless VALUE is empty.
put_setting() {
    [ -n "$2" ] || return 0
    case $2 in *[\"\\]*) die "'$2' has a quote or backslash in it" ;; esac
    vsctl set Open_vSwitch . "external_ids:$1=\"$2\"" ||
        die "external_ids:$1 cannot be set to '$2'"
}

# version_before A B: is dotted number A before B?
version_before() {
    [ "$1" != "$2" ] &&
        [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# Does this machine have an Open vSwitch that runs?
ovs_answers() {
    command -v ovs-vsctl >/dev/null &&
        vsctl get Open_vSwitch . _uuid >/dev/null 2>&1
}

need_ovs() {
    how="/usr/share/openvswitch/scripts/ovs-ctl start"
    [ ! -d /run/systemd/system ] ||
        how="systemctl start openvswitch-switch"
    command -v ovs-vsctl >/dev/null ||
        die "Open vSwitch is not installed: there is no ovs-vsctl in $PATH"
    ovs_answers ||
        die "Open vSwitch's database does not answer on" \
            "$OVS_RUNDIR/db.sock: start it with '$how'"
    found=$(ovs-appctl -T 10 -t ovs-vswitchd version 2>/dev/null) ||
        die "ovs-vswitchd does not answer in $OVS_RUNDIR: start it with" \
            "'$how'"
    found=$(echo "$found" | sed -n '1s/.* //p')
    ! version_before "$found" 3.1 ||
        die "this is Open vSwitch $found: Loden needs 3.1 or newer"
}

have_kernel_datapath() {
    case $(vsctl get Open_vSwitch . datapath_types) in
    *system*) ;;
    *) why="ovs-vswitchd has no datapath type 'system'"; return 1 ;;
    esac
    modprobe -q openvswitch 2>/dev/null
    why="this kernel has no module 'openvswitch'"
    ovs-dpctl dump-dps >/dev/null 2>&1
}

# Sets 'datapath' and says which it is.
choose_datapath() {
    why="--datapath=$datapath"
    if [ -z "$datapath" ]; then
        name=$(get_setting loden-bridge)
        name=${name:-br-int}
        if [ -n "$(bridges_of_ours "$name")" ] &&
           [ "$(vsctl get Bridge "$name" datapath_type)" = netdev ]; then
            datapath=netdev
            why="bridge '$name' has it; --datapath=system changes that"
        elif have_kernel_datapath; then
            datapath=system why="module 'openvswitch'"
        else
            datapath=netdev
        fi
    fi
    case $datapath in
    system) say "datapath: kernel ($why)" ;;
    *) warn "datapath: USERSPACE ($why): every packet of a pod passes" \
            "through ovs-vswitchd, many times slower than the kernel" ;;
    esac
}

# bridges_of_ours [NAME]: those that bear our mark, in a line.
bridges_of_ours() {
    vsctl --bare --columns=name find Bridge \
        'external_ids:loden-owner!=""' ${1:+"name=$1"} | xargs
}

# interfaces_with KEY: the names of interfaces that have that key, in a line.
interfaces_with() {
    vsctl --bare --columns=name find Interface "external_ids:$1!=\"\"" | xargs
}
