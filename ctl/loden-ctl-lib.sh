# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2034

# What loden-ctl knows about daemons, Open vSwitch's database and the cluster
# database.  'make' puts this into ctl/loden-ctl, which alone is installed;
# variables that are not set here are set there.

# ---- Daemons ---------------------------------------------------------------

controller_pidfile=$OVS_RUNDIR/loden-controller.pid
cluster_pidfile=$LODEN_RUNDIR/cluster.pid
cluster_ctl=$LODEN_RUNDIR/cluster.ctl

# running PIDFILE COMM: is it?  Sets 'pid'.
running() {
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] &&
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = \
          "$(printf %.15s "$2")" ]
}

# until_gone PID SECONDS: waits for the end of a process.
until_gone() {
    left=$(($2 * 10))
    while [ -d "/proc/$1" ]; do
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

need_ovs() {
    how="/usr/share/openvswitch/scripts/ovs-ctl start"
    [ ! -d /run/systemd/system ] ||
        how="systemctl start openvswitch-switch"
    command -v ovs-vsctl >/dev/null ||
        die "Open vSwitch is not installed: there is no ovs-vsctl in $PATH"
    vsctl get Open_vSwitch . _uuid >/dev/null 2>&1 ||
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

# ---- Cluster database ------------------------------------------------------

# check_range RANGE[,RANGE]...: refuses what this host already routes.
check_range() {
    for range in $(echo "$1" | tr , ' '); do
        case $range in
        *:*) family=-6 ;;
        *) family=-4 ;;
        esac
        route=$({
            ip $family -o route show table all root "$range" &&
            ip $family -o route show table all match "$range"
        } 2>&1 | grep -Ev '^default|^(broadcast|multicast|anycast) ' |
            grep -Ev ' dev loden' | head -n 1)
        [ -z "$route" ] ||
            die "this host routes addresses of $range already ($route):" \
                "choose another range with --network-range=CIDR"
    done
}

default_network_exists() {
    "$lodenctl" --db="unix:$db_sock" --format=csv --no-headings \
        network list | grep -q '^default,'
}

start_cluster_db() {
    install -d -m 755 "$LODEN_RUNDIR"
    install -d -m 750 "$(dirname "$db_file")" "$LODEN_LOGDIR"
    if running "$cluster_pidfile" ovsdb-server; then
        say "cluster database is running already"
    else
        if [ ! -e "$db_file" ]; then
            check_range "${network_range:-10.210.0.0/16}"
            ovsdb-tool create "$db_file" "$schema" ||
                die "cannot make the cluster database $db_file"
        fi
        # shellcheck disable=SC2086
        ovsdb-server --detach --no-chdir $monitor \
            --pidfile="$cluster_pidfile" --unixctl="$cluster_ctl" \
            -vconsole:err -vsyslog:err -vfile:info \
            --log-file="$LODEN_LOGDIR/cluster.log" \
            --remote="punix:$db_sock" \
            --remote=db:Loden,Loden_Global,connections \
            --private-key=db:Loden,SSL,private_key \
            --certificate=db:Loden,SSL,certificate \
            --ca-cert=db:Loden,SSL,ca_cert "$db_file" ||
            die "the cluster database does not start: see" \
                "$LODEN_LOGDIR/cluster.log"
        say "cluster database has started ($db_file)"
    fi
    convert_cluster_db
    if [ -n "$network_range" ] && ! default_network_exists; then
        check_range "$network_range"
    fi
    "$lodenctl" --db="unix:$db_sock" init \
        ${network_range:+"--network-range=$network_range"} || exit 1
}

# Brings an older database to this version's schema, with a copy beside it.
convert_cluster_db() {
    old=$(ovsdb-client -t 30 get-schema-version "unix:$db_sock" Loden) ||
        die "the cluster database does not answer on $db_sock"
    new=$(ovsdb-tool schema-version "$schema")
    if version_before "$new" "$old"; then
        warn "the cluster database's schema is $old, newer than ours, $new:" \
             "it stays"
    elif version_before "$old" "$new"; then
        copy=$db_file.backup-$old
        ovsdb-client -t 60 backup "unix:$db_sock" Loden >"$copy" ||
            die "the cluster database cannot be copied to $copy"
        ovsdb-client -t 60 convert "unix:$db_sock" "$schema" ||
            die "the cluster database $db_file cannot be brought from schema" \
                "$old to $new; a copy of it is $copy"
        say "cluster database is now of schema $new (was $old: $copy)"
    fi
}
