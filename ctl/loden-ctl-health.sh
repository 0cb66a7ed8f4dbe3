# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2034

# How the servers of the cluster database are, in words, and what is kept of
# it for a bad day; 'make' puts this into ctl/loden-ctl.

# ---- Health ----------------------------------------------------------------

# Reads 'cluster/status' and writes it in words, a line for each server.  Its
# exit status is 1 if this server cannot do its work, 2 if it can but others
# are missing.
cluster_words() {
    awk '
    function ago(ms) {
        return ms < 10000 ? ms " ms" : int(ms / 1000) " s"
    }
    function entries(n) { return n == 1 ? "1 entry" : n " entries" }
    function behind(n) {
        return n <= 0 ? "up to date" : entries(n) " behind"
    }
    # "1e0f (1e0f at ssl:192.0.2.1:6643) (self) next_index=2 match_index=1
    # last msg 12 ms ago"
    function server(    i) {
        n++
        id[n] = $1
        address[n] = $4
        sub(/\)$/, "", address[n])
        silence[n] = matched[n] = -1
        for (i = 5; i <= NF; i++) {
            if ($i == "(self)") {
                self[n] = 1
            } else if ($i ~ /^match_index=/) {
                matched[n] = substr($i, 13)
            } else if ($i == "msg") {
                silence[n] = $(i + 1)
            }
        }
    }
    in_servers && NF >= 4 { server(); next }
    /^Status: / { status = substr($0, 9) }
    /^Role: / { role = $2 }
    /^Term: / { term = $2 }
    /^Leader: / { leader = $2 }
    /^Election timer: / { timer = $3 }
    /^Log: / { last = $3; sub(/\]/, "", last); last-- }
    /^Entries not yet committed: / { uncommitted = $5 }
    /^Entries not yet applied: / { unapplied = $5 }
    /^Servers:/ { in_servers = 1 }
    END {
        result = 0
        leads = "no server leads"
        for (i = 1; i <= n; i++) {
            if (role == "leader" ? self[i] : id[i] == leader) {
                leads = address[i] " leads"
            }
        }
        printf "%d server%s, %s, term %s\n", n, n == 1 ? "" : "s", leads, term
        if (status != "cluster member") {
            printf "this server cannot write: %s\n", status
            result = 1
        }
        for (i = 1; i <= n; i++) {
            is_leader = role == "leader" ? self[i] : id[i] == leader
            line = address[i] ": " (is_leader ? "leader" : "follower")
            # Only the leader hears of all; followers hear of it.
            knows = self[i] || is_leader || role == "leader"
            if (self[i]) {
                line = line ", this server"
                if (unapplied + 0 > 0) {
                    line = line ", " entries(unapplied) " to apply"
                }
                if (uncommitted + 0 > 0) {
                    line = line ", " entries(uncommitted) " to agree on"
                }
            } else if (knows && silence[i] < 0) {
                line = line ", NEVER HEARD OF"
                missing++
            } else if (knows && silence[i] > 3 * timer) {
                line = line ", SILENT for " ago(silence[i])
                missing++
            } else if (knows) {
                line = line ", heard of " ago(silence[i]) " ago"
            }
            quiet = silence[i] > 3 * timer && matched[i] >= last
            if (role == "leader" && !self[i] && matched[i] >= 0 && !quiet) {
                line = line ", " behind(last - matched[i])
            }
            print line
        }
        if (role == "leader" && 2 * missing >= n) {
            print "this server cannot write: it hears of no majority"
            result = 1
        }
        if (role != "leader" && !result) {
            print "how far the others are, the leader knows: ask there"
        }
        exit result ? result : missing ? 2 : 0
    }'
}

# Says how the cluster of servers is.
cluster_health() {
    answer=$(ovs-appctl -T 5 -t "$cluster_ctl" cluster/status Loden 2>&1) || {
        case $answer in
        *"unknown cluster"*)
            warn "this server has given up its database: see" \
                 "$LODEN_LOGDIR/cluster.log; when that is mended (is the disk" \
                 "full?), stop and start it" ;;
        *) warn "the cluster database does not say how it is: $answer" ;;
        esac
        return 1
    }
    words=$(echo "$answer" | cluster_words)
    health=$?
    echo "$words" | {
        IFS= read -r line
        say "cluster database: $line"
        while IFS= read -r line; do
            say "  $line"
        done
    }
    return $health
}

# ---- Backup and restore ----------------------------------------------------

# global_number FILE COLUMN, global_text FILE COLUMN: of the row that says
# which cluster it is, in what a query answered.
global_number() { sed -n "s/.*\"$2\":\([0-9][0-9]*\).*/\1/p" "$1"; }
global_text() { sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1"; }

global_query='["Loden", {"op": "select", "table": "Loden_Global",
    "where": [], "columns": ["cluster_id", "generation", "config_seq"]}]'

# Makes a folder that vanishes with us.
make_work() {
    umask 077
    work=$(mktemp -d "${TMPDIR:-/tmp}/loden-ctl.XXXXXX") || exit 1
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
}

# backup FILE: what is in the database, whether or not its server runs.
backup() {
    [ -n "$argument" ] || die "backup into which file? loden-ctl backup FILE"
    [ -d "$(dirname "$argument")" ] ||
        die "there is no folder $(dirname "$argument")"
    make_work
    if running "$cluster_pidfile" ovsdb-server; then
        ovsdb-client -t 60 --no-leader-only backup "unix:$db_sock" Loden \
            >"$work/copy" || die "the cluster database gives no copy"
    elif [ -e "$db_file" ]; then
        standalone_copy "$db_file"
    else
        die "there is no cluster database on this machine"
    fi
    ovsdb-tool db-name "$work/copy" >/dev/null ||
        die "the copy is not whole: $argument is as it was"
    # A folder of its own may be another file system.
    if ! cp "$work/copy" "$argument.new" ||
       ! mv "$argument.new" "$argument"; then
        rm -f "$argument.new"
        die "$argument cannot be written: it is as it was"
    fi
    say "cluster database copied to $argument"
}

# standalone_copy FILE: makes $work/copy, of a member's file too.
standalone_copy() {
    if is_clustered "$1"; then
        ovsdb-tool cluster-to-standalone "$work/copy" "$1"
    else
        cp "$1" "$work/copy"
    fi || die "$1 cannot be read"
}

# Makes $work/copy of what shall be restored, of the schema $work/schema.
prepare_restore() {
    check_db_file "$argument"
    standalone_copy "$argument"
    old=$(ovsdb-tool db-version "$work/copy") || exit 1
    new=$(ovsdb-tool schema-version "$work/schema") || exit 1
    ! version_before "$new" "$old" ||
        die "$argument is of schema $old, newer than the database here, $new:" \
            "upgrade Loden first"
    ovsdb-tool convert "$work/copy" "$work/schema" ||
        die "$argument is not whole, or cannot be brought from schema $old" \
            "to $new"
    ovsdb-tool query "$work/copy" "$global_query" >"$work/theirs" ||
        die "$argument cannot be read"
    cluster=$(global_text "$work/theirs" cluster_id)
    [ -n "$cluster" ] ||
        die "$argument is of no cluster: it has no row in Loden_Global"
}

# raise COLUMN: one more than there is, here and there.
raise() {
    here=$(global_number "$work/ours" "$1")
    there=$(global_number "$work/theirs" "$1")
    [ "${here:-0}" -gt "${there:-0}" ] || here=$there
    echo $((${here:-0} + 1))
}

# Makes the copy one that nodes follow: they would not go back by themselves.
raise_generation() {
    generation=$(raise generation)
    answer=$(ovsdb-tool transact "$work/copy" '["Loden", {"op": "update",
        "table": "Loden_Global", "where": [], "row": {
            "generation": '"$generation"',
            "config_seq": '"$(raise config_seq)"'}}]') ||
        answer=error
    case $answer in
    *error*) die "the generation of $argument cannot be raised: $answer" ;;
    esac
}

# restore FILE: into the server that runs, or as the file of one that will.
restore() {
    [ -n "$argument" ] || die "restore which file? loden-ctl restore FILE"
    [ -r "$argument" ] || die "there is no file $argument"
    make_work
    if running "$cluster_pidfile" ovsdb-server; then
        restore_into_server
    elif [ -e "$db_file" ]; then
        die "$db_file exists, but its server does not run: start that first," \
            "or move the file away"
    else
        cp "$schema" "$work/schema"
        : >"$work/ours"
        prepare_restore
        raise_generation
        install -d -m 750 "$(dirname "$db_file")"
        cp "$work/copy" "$db_file" || die "$db_file cannot be written"
        say "cluster '$cluster' restored to $db_file, generation $generation:" \
            "start it with 'loden-ctl start --cluster-db'"
    fi
}

restore_into_server() {
    if ! ovsdb-client -t 30 get-schema "unix:$db_sock" Loden \
            >"$work/schema" ||
       ! ovsdb-client -t 30 query "unix:$db_sock" "$global_query" \
            >"$work/ours"; then
        die "the cluster database does not answer"
    fi
    prepare_restore
    ours=$(global_text "$work/ours" cluster_id)
    [ -z "$ours" ] || [ "$ours" = "$cluster" ] || [ $force = yes ] ||
        die "$argument is of the cluster '$cluster', and the database here of" \
            "'$ours': say --force if you mean it"
    raise_generation
    before=$db_file.before-$generation
    ovsdb-client -t 60 --no-leader-only backup "unix:$db_sock" Loden \
        >"$before" || die "the cluster database cannot be copied to $before"
    ovsdb-client -t 60 --force restore "unix:$db_sock" Loden <"$work/copy" ||
        die "the cluster database does not take $argument: it is as it was"
    say "cluster '$cluster' restored from $argument, generation $generation;" \
        "a copy from before is $before"
}
