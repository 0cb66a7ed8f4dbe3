/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Starting, asking and stopping an ovsdb-server.
 *
 * Asking blocks, on a connection of its own; the code under test has its own
 * connections and its own loop. */

#include <config.h>
#include "test/unit/dbserver.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jsonrpc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "stream.h"
#include "svec.h"
#include "util.h"

#include "test/unit/unit.h"

struct dbserver {
    char *dir;           /* Temporary folder. */
    char *name;          /* The database's. */
    char *remote;        /* "unix:DIR/db.sock". */
    pid_t pid;           /* Of ovsdb-server. */
    struct jsonrpc *rpc; /* To ask. */
};

/* Runs 'argv' and returns its process. */
static pid_t
spawn(char *const argv[])
{
    pid_t pid = fork();

    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static int
wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return status;
}

int
dbserver_exists(void)
{
    char *path = xasprintf("%s:/usr/sbin:/sbin", getenv("PATH"));
    setenv("PATH", path, 1);
    free(path);
    signal(SIGPIPE, SIG_IGN);
    return !system("command -v ovsdb-server >/dev/null && "
                   "command -v ovsdb-tool >/dev/null");
}

/* Takes every constraint and index out of the schema 'json'. */
static void
relax(struct json *json)
{
    static const char *const members[] = {
        "indexes", "minInteger", "maxInteger", "minLength", "maxLength",
        "enum", "maxRows"
    };

    if (json->type == JSON_OBJECT) {
        struct shash_node *node;
        for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
            json_destroy(shash_find_and_delete(json_object(json),
                                               members[i]));
        }
        SHASH_FOR_EACH (node, json_object(json)) {
            relax(node->data);
        }
    }
}

/* Writes the schema to use into the server's folder. */
static char *
prepare_schema(struct dbserver *server, const char *file,
               enum dbserver_rules rules)
{
    struct json *json = json_from_file(file);
    assert_non_null(json);
    assert_int_equal(json->type, JSON_OBJECT);
    server->name = xstrdup(json_string(shash_find_data(json_object(json),
                                                       "name")));
    if (rules == DBSERVER_LAX) {
        relax(json);
    }
    char *path = xasprintf("%s/schema", server->dir);
    char *text = json_to_string(json, 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    free(text);
    json_destroy(json);
    return path;
}

/* Connects as soon as the server listens. */
static void
connect_to(struct dbserver *server)
{
    struct stream *stream;

    for (int i = 0; i < 2000; i++) {
        if (!stream_open_block(stream_open(server->remote, &stream,
                                           DSCP_DEFAULT), -1, &stream)) {
            server->rpc = jsonrpc_open(stream);
            return;
        }
        assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
        usleep(5000);
    }
    fail_msg("%s: ovsdb-server does not listen", server->remote);
}

struct dbserver *
dbserver_start(const char *schema_file, enum dbserver_rules rules)
{
    struct dbserver *server = xzalloc(sizeof *server);
    char template[] = "/tmp/loden-unit-XXXXXX";

    assert_non_null(mkdtemp(template));
    server->dir = xstrdup(template);
    server->remote = xasprintf("unix:%s/db.sock", server->dir);

    char *schema = prepare_schema(server, schema_file, rules);
    char *db = xasprintf("%s/db", server->dir);
    char *create[] = { "ovsdb-tool", "create", db, schema, NULL };
    assert_int_equal(wait_for(spawn(create)), 0);

    char *remote = xasprintf("--remote=p%s", server->remote);
    char *control = xasprintf("--unixctl=%s/ctl", server->dir);
    char *serve[] = { "ovsdb-server", db, remote, control, "-vconsole:off",
                      "-vsyslog:off", NULL };
    server->pid = spawn(serve);
    connect_to(server);
    free(control);
    free(remote);
    free(db);
    free(schema);
    return server;
}

void
dbserver_stop(struct dbserver *server)
{
    if (server) {
        jsonrpc_close(server->rpc);
        kill(server->pid, SIGKILL);
        wait_for(server->pid);
        char *command = xasprintf("rm -r '%s'", server->dir);
        assert_int_equal(system(command), 0);
        free(command);
        free(server->remote);
        free(server->name);
        free(server->dir);
        free(server);
    }
}

const char *
dbserver_remote(const struct dbserver *server)
{
    return server->remote;
}

long long int
dbserver_log_size(const struct dbserver *server)
{
    char *db = xasprintf("%s/db", server->dir);
    struct stat s;

    assert_int_equal(stat(db, &s), 0);
    free(db);
    return s.st_size;
}

/* Transacts 'ops' and returns the results. */
static struct json *
transact(struct dbserver *server, char *ops)
{
    char *text = xasprintf("[\"%s\",%s]", server->name, ops);
    struct jsonrpc_msg *reply;

    for (char *p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    struct json *params = json_from_string(text);
    if (params->type != JSON_ARRAY) {
        fail_msg("%s: %s", text, json_string(params));
    }
    struct jsonrpc_msg *request
        = jsonrpc_create_request("transact", params, NULL);
    assert_int_equal(jsonrpc_transact_block(server->rpc, request, &reply), 0);
    assert_int_equal(reply->type, JSONRPC_REPLY);
    struct json *result = json_clone(reply->result);
    jsonrpc_msg_destroy(reply);
    free(text);
    free(ops);
    return result;
}

/* Returns the error among 'results', or NULL. */
static char *
find_error(const struct json *results)
{
    for (size_t i = 0; i < json_array(results)->n; i++) {
        const struct json *op = json_array(results)->elems[i];
        if (op->type == JSON_OBJECT && shash_find(json_object(op), "error")) {
            return json_to_string(op, 0);
        }
    }
    return NULL;
}

void
dbserver_do(struct dbserver *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *ops = xvasprintf(format, args);
    va_end(args);

    char *shown = xstrdup(ops);
    struct json *results = transact(server, ops);
    char *error = find_error(results);
    if (error) {
        fail_msg("%s: %s", shown, error);
    }
    free(shown);
    json_destroy(results);
}

int
dbserver_try(struct dbserver *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct json *results = transact(server, xvasprintf(format, args));
    va_end(args);

    char *error = find_error(results);
    int ok = !error;
    free(error);
    json_destroy(results);
    return ok;
}

/* Adds a value as people would write it, if it is simple. */
static void
put_value(struct ds *s, const struct json *value)
{
    if (value->type == JSON_STRING) {
        ds_put_cstr(s, json_string(value));
    } else {
        char *text = json_to_string(value, JSSF_SORT);
        ds_put_cstr(s, text);
        free(text);
    }
}

char *
dbserver_dump(struct dbserver *server, const char *table, const char *columns)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    struct svec lines = SVEC_EMPTY_INITIALIZER;

    char *copy = xstrdup(columns);
    char *save = NULL;
    for (char *p = strtok_r(copy, ",", &save); p;
         p = strtok_r(NULL, ",", &save)) {
        svec_add(&names, p);
    }
    struct json *results = transact(server, xasprintf(
        "{'op':'select','table':'%s','where':[]}", table));
    struct json *rows = shash_find_data(
        json_object(json_array(results)->elems[0]), "rows");
    for (size_t i = 0; i < json_array(rows)->n; i++) {
        struct ds line = DS_EMPTY_INITIALIZER;
        for (size_t j = 0; j < names.n; j++) {
            const struct json *value = shash_find_data(
                json_object(json_array(rows)->elems[i]), names.names[j]);
            assert_non_null(value);
            ds_put_cstr(&line, j ? " " : "");
            put_value(&line, value);
        }
        svec_add_nocopy(&lines, ds_steal_cstr(&line));
    }
    svec_sort(&lines);
    char *text = svec_join(&lines, "\n", lines.n ? "\n" : "");
    json_destroy(results);
    free(copy);
    svec_destroy(&lines);
    svec_destroy(&names);
    return text;
}
