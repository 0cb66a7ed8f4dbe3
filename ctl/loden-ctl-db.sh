# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2034

# The cluster database on this machine: a server alone, or a member of a
# cluster of servers (OVSDB's Raft), or a relay, which has no file.  How it is
# made, served, upgraded and watched; 'make' puts this into ctl/loden-ctl.

# Where members of a cluster meet, unless an address says otherwise.
raft_port=6643

# How long, in seconds, a member may take to find the others, and one that
# joins to be taken in.
member_wait=15
join_wait=60

# ---- What there is ---------------------------------------------------------

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

is_clustered() { ovsdb-tool db-is-clustered "$1" 2>/dev/null; }

# check_db_file FILE: it is a database of ours.
check_db_file() {
    name=$(ovsdb-tool db-name "$1" 2>&1) ||
        die "$1 is no OVSDB database (${name#ovsdb-tool: })"
    [ "$name" = Loden ] || die "$1 is a database '$name', not 'Loden'"
}

# raft_address TEXT: writes it in full; ssl: and the port may be left out.
raft_address() {
    case $1 in
    ssl:* | tcp:*) method=${1%%:*} rest=${1#*:} ;;
    *) method=ssl rest=$1 ;;
    esac
    case $rest in
    *[!][0-9A-Za-z.:%_-]* | '' | *: | -*) rest= ;;
    '['*']:'[0-9]*) ;;
    '['*']') rest=$rest:$raft_port ;;
    *[][]* | *:*:*) rest= ;;
    *:*[!0-9]*) rest= ;;
    *:[0-9]*) ;;
    *) rest=$rest:$raft_port ;;
    esac
    [ -n "$rest" ] ||
        die "'$1' is no address of a server: it is IP, IP:PORT or [IP6]:PORT," \
            "after ssl: (the default) or tcp:"
    echo "$method:$rest"
}

# ---- Making it -------------------------------------------------------------

# Makes the file that the options ask for, unless it is there.
make_cluster_db() {
    local_address='' remote_addresses=''
    if [ -n "$cluster_local_addr" ]; then
        local_address=$(raft_address "$cluster_local_addr") || exit 1
    fi
    for address in $(echo "$cluster_remote_addr" | tr , ' '); do
        address=$(raft_address "$address") || exit 1
        # So that all servers can have the same list.
        [ "$address" != "$local_address" ] || continue
        remote_addresses="$remote_addresses${remote_addresses:+ }$address"
    done
    [ -z "$remote_addresses" ] || [ -n "$local_address" ] ||
        die "--cluster-remote-addr=$cluster_remote_addr: to join them, say" \
            "--cluster-local-addr=IP as well, where they reach this server"
    case $local_address in
    ssl:*) need_keys "a cluster of servers" ;;
    tcp:*) warn "$local_address: members talk without encryption, and" \
                "whoever reaches that port is administrator of the cluster" ;;
    esac

    if [ -e "$db_file" ]; then
        adopt_cluster_db
    elif [ -n "$remote_addresses" ]; then
        # shellcheck disable=SC2086
        ovsdb-tool join-cluster "$db_file" Loden "$local_address" \
            $remote_addresses || die "cannot make $db_file"
        joining=yes
    else
        check_range "${network_range:-10.210.0.0/16}"
        if [ -n "$local_address" ]; then
            ovsdb-tool -vconsole:off create-cluster \
                ${election_timer:+"--election-timer=$election_timer"} \
                "$db_file" "$schema" "$local_address"
        else
            ovsdb-tool create "$db_file" "$schema"
        fi || die "cannot make the cluster database $db_file"
    fi
}

# Takes a file that is there, which must be what the options ask for.
adopt_cluster_db() {
    check_db_file "$db_file"
    if is_clustered "$db_file"; then
        found=$(ovsdb-tool db-local-address "$db_file")
        [ -z "$local_address" ] || [ "$local_address" = "$found" ] ||
            die "$db_file is of a member at $found, not $local_address: to" \
                "move it, say 'loden-ctl leave', then join with the new one"
        # Has it been taken in?
        ovsdb-tool db-cid "$db_file" >/dev/null 2>&1 || joining=yes
    elif [ -n "$remote_addresses" ]; then
        die "$db_file is a cluster's database already: to join" \
            "$remote_addresses, move it away first"
    elif [ -n "$local_address" ]; then
        copy=$db_file.standalone
        mv "$db_file" "$copy" || exit 1
        ovsdb-tool -vconsole:off create-cluster \
            ${election_timer:+"--election-timer=$election_timer"} \
            "$db_file" "$copy" "$local_address" || {
            mv "$copy" "$db_file"
            die "cannot make a member of a cluster out of $db_file"
        }
        say "cluster database is now the first member of a cluster, at" \
            "$local_address; a copy from before is $copy"
    fi
}

# ---- Serving it ------------------------------------------------------------

# Keys from files, where they were said or members need them before they can
# read the database; else those that the database names.
server_key_options() {
    if [ -n "$private_key$certificate$ca_cert" ] || is_clustered "$db_file"
    then
        key_options
    else
        echo "--private-key=db:Loden,SSL,private_key" \
             "--certificate=db:Loden,SSL,certificate" \
             "--ca-cert=db:Loden,SSL,ca_cert"
    fi
}

serve_cluster_db() {
    # shellcheck disable=SC2046,SC2086
    ovsdb-server --detach --no-chdir $monitor \
        --pidfile="$cluster_pidfile" --unixctl="$cluster_ctl" \
        -vconsole:err -vsyslog:err -vfile:info \
        --log-file="$LODEN_LOGDIR/cluster.log" \
        --remote="punix:$db_sock" \
        --remote=db:Loden,Loden_Global,connections \
        $(server_key_options) "$db_file" ||
        die "the cluster database does not start: see" \
            "$LODEN_LOGDIR/cluster.log"
    say "cluster database has started ($db_file)"
}

# Waits until a member can do its work.  Fails if that takes long: the others
# of a cluster that starts may come later.
until_connected() {
    is_clustered "$db_file" || return 0
    wait=$member_wait
    [ "$joining" = no ] || wait=$join_wait
    ovsdb-client -t $wait wait "unix:$db_sock" Loden connected 2>/dev/null &&
        return 0
    [ "$joining" = no ] ||
        die "the cluster at $cluster_remote_addr has not taken this server in" \
            "within $wait s; it goes on trying: see $LODEN_LOGDIR/cluster.log"
    warn "the cluster database waits for a majority of its servers: see" \
         "'loden-ctl status'"
    return 1
}

start_cluster_db() {
    joining=no
    install -d -m 755 "$LODEN_RUNDIR"
    install -d -m 750 "$(dirname "$db_file")" "$LODEN_LOGDIR"
    if running "$cluster_pidfile" ovsdb-server; then
        say "cluster database is running already"
    else
        make_cluster_db
        serve_cluster_db
    fi
    until_connected || return 0
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
        ovsdb-client -t 60 -vconsole:off convert "unix:$db_sock" "$schema" || {
            # Of several members that start at once, another may be faster.
            now=$(ovsdb-client -t 30 get-schema-version "unix:$db_sock" Loden)
            [ "$now" = "$new" ] ||
                die "the cluster database $db_file cannot be brought from" \
                    "schema $old to $new; a copy of it is $copy"
        }
        say "cluster database is now of schema $new (was $old: $copy)"
    fi
}

# Leaves the cluster of servers for good.
leave() {
    running "$cluster_pidfile" ovsdb-server ||
        die "the cluster database is not running: it says goodbye itself"
    is_clustered "$db_file" ||
        die "$db_file is of no cluster of servers: there is nothing to leave"
    servers=$(ovs-appctl -T 5 -t "$cluster_ctl" cluster/status Loden 2>&1 |
              sed '1,/^Servers:/d' | grep -c .)
    [ "$servers" != 1 ] ||
        die "this is the last server of its cluster: there is nobody to leave"
    answer=$(ovs-appctl -T 5 -t "$cluster_ctl" cluster/leave Loden 2>&1) ||
        die "the cluster database cannot leave: $answer"
    ovsdb-client -t $join_wait wait "unix:$db_sock" Loden removed \
        2>/dev/null ||
        die "the others have not let this server go within $join_wait s;" \
            "without a majority nobody leaves: see 'loden-ctl status'"
    stop_daemon "cluster database" "$cluster_pidfile" ovsdb-server \
        "$cluster_ctl"
    mv "$db_file" "$db_file.left" || exit 1
    say "this server has left; its last copy is $db_file.left"
}

# ---- Relay -----------------------------------------------------------------

# A relay forwards what is written to it under its own name.  With a role
# upstream that changes nothing; without one everybody is an administrator.
check_relay_upstream() {
    reached=yes
    # shellcheck disable=SC2046
    answer=$(ovsdb-client -t 5 $(key_options) transact "$remote" '["Loden",
        {"op": "insert", "table": "Reservation", "row": {
            "network": "-", "cidr": "-", "node": "-"}},
        {"op": "abort"}]' 2>&1)
    case $answer in
    *'"permission error"'*) ;;
    *'"aborted"'*)
        [ $force = yes ] ||
            die "$remote has no role: whoever reaches this relay would be" \
                "administrator of the cluster; use the nodes' listener, or" \
                "say --force"
        warn "$remote has no role: whoever reaches this relay is" \
             "administrator of the cluster" ;;
    *) reached=no
       warn "no server answers at $remote, so that what its role is cannot" \
            "be checked (${answer#ovsdb-client: })" ;;
    esac
}

start_relay() {
    [ -n "$remote" ] ||
        die "a relay of which servers? Say --remote=ssl:IP:PORT[,...]"
    relay_listen=${relay_listen:-pssl:6642}
    case $relay_listen,$remote in *ssl:*) need_keys "a relay" ;; esac
    case $relay_listen in
    ptcp:*) warn "$relay_listen: this relay is read without encryption" ;;
    esac
    if running "$relay_pidfile" ovsdb-server; then
        say "relay is running already"
        return 0
    fi
    install -d -m 755 "$LODEN_RUNDIR"
    install -d -m 750 "$LODEN_LOGDIR"
    check_relay_upstream
    # shellcheck disable=SC2046,SC2086
    ovsdb-server --detach --no-chdir $monitor \
        --pidfile="$relay_pidfile" --unixctl="$relay_ctl" \
        -vconsole:err -vsyslog:err -vfile:info \
        --log-file="$LODEN_LOGDIR/relay.log" \
        --remote="punix:$relay_sock" --remote="$relay_listen" \
        $(key_options) "relay:Loden:$remote" ||
        die "the relay does not start: see $LODEN_LOGDIR/relay.log"
    # It hangs up once on everybody when it has got the database.
    [ "$reached" = no ] ||
        ovsdb-client -t 10 wait "unix:$relay_sock" Loden connected \
            2>/dev/null || warn "the relay has not got the database yet"
    say "relay of $remote has started at $relay_listen"
}

stop_relay() {
    stop_daemon relay "$relay_pidfile" ovsdb-server "$relay_ctl"
}
