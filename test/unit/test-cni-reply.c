/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What comes from a database server: bytes to messages, messages to answers,
 * answers to rows; and all of it from a server that speaks nonsense. */

#include <string.h>

#include "cni/frame.h"
#include "cni/reply.h"
#include "test/unit/cnitest.h"

/* ---- Bytes -------------------------------------------------------------- */

static void
feed(struct frame *frame, const char *bytes, size_t n)
{
    struct cni_error err;

    while (n) {
        size_t room;
        char *tail;

        assert_int_equal(frame_room(frame, &tail, &room, &err), 0);
        room = room < n ? room : n;
        memcpy(tail, bytes, room);
        frame_received(frame, room);
        bytes += room;
        n -= room;
    }
}

/* Fails unless the next message is 'want'; NULL if it is not there yet. */
static void
assert_next(struct frame *frame, const char *want)
{
    struct cni_error err;
    size_t length;

    assert_int_equal(frame_scan(frame, &length, &err), 0);
    assert_int_equal(length, want ? strlen(want) : 0);
    if (want) {
        assert_memory_equal(frame->data, want, length);
        frame_consume(frame, length);
    }
}

static void
messages_are_cut_where_they_end(void **state)
{
    struct frame frame = { .data = NULL };
    const char *two = "{\"a\":[{}]}{\"b\":\"}\\\"{\\\\\"}{\"c";

    feed(&frame, two, strlen(two));
    assert_next(&frame, "{\"a\":[{}]}");
    assert_next(&frame, "{\"b\":\"}\\\"{\\\\\"}");
    assert_next(&frame, NULL);
    feed(&frame, "\":1} \n", 6);
    assert_next(&frame, "{\"c\":1}");
    assert_next(&frame, NULL);
    frame_destroy(&frame);
}

static void
messages_may_come_byte_by_byte(void **state)
{
    struct frame frame = { .data = NULL };
    const char *message = "{\"b\":\"}\\\"{\\\\\",\"c\":[[1],{}]}";

    for (const char *p = message; *p; p++) {
        assert_next(&frame, NULL);
        feed(&frame, p, 1);
    }
    assert_next(&frame, message);
    frame_destroy(&frame);
}

static void
what_is_no_object_is_refused(void **state)
{
    struct frame frame = { .data = NULL };
    struct cni_error err;
    size_t length;

    feed(&frame, "[]", 2);
    assert_int_equal(frame_scan(&frame, &length, &err), -1);
    assert_error(&err, ERROR_DATABASE, "a message that is no JSON object", "");
    frame_destroy(&frame);
}

static void
a_message_without_end_is_refused(void **state)
{
    struct frame frame = { .data = NULL };
    static char spaces[1 << 20];
    struct cni_error err;
    size_t room;
    char *tail;

    memset(spaces, ' ', sizeof spaces);
    feed(&frame, "{", 1);
    for (int i = 0; i < 15; i++) {
        feed(&frame, spaces, sizeof spaces);
    }
    feed(&frame, spaces, sizeof spaces - 1);
    assert_next(&frame, NULL);
    assert_int_equal(frame_room(&frame, &tail, &room, &err), -1);
    assert_error(&err, ERROR_DATABASE, "a message of more than 16777216 bytes",
                 "");
    frame_destroy(&frame);
}

/* ---- Messages ----------------------------------------------------------- */

static void
an_answer_is_told_from_the_rest(void **state)
{
    static const struct {
        const char *message;
        enum reply_kind kind;
    } messages[] = {
        { "{'id': 7, 'result': [], 'error': null}", REPLY_ANSWER },
        { "{'id': 6, 'result': [], 'error': null}", REPLY_OTHER },
        { "{'id': '7', 'result': [], 'error': null}", REPLY_OTHER },
        { "{'result': []}", REPLY_OTHER },
        { "{'method': 'update', 'params': [], 'id': null}", REPLY_OTHER },
        { "{'method': 'update', 'params': [], 'id': 7}", REPLY_OTHER },
        { "{'method': 'echo', 'params': [], 'id': 'echo'}", REPLY_ECHO },
        { "[]", REPLY_OTHER },
    };

    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        json_t *message = json(messages[i].message);

        assert_int_equal(reply_classify(message, 7), messages[i].kind);
        json_decref(message);
    }
}

static void
an_echo_is_sent_back(void **state)
{
    json_t *echo = json("{'method': 'echo', 'params': ['x'], 'id': 'e'}");

    assert_json(reply_to_echo(echo),
                "{'id': 'e', 'result': ['x'], 'error': null}");
    json_decref(echo);
}

static void
assert_no_results(const char *text, const char *msg, const char *details)
{
    json_t *message = json(text), *results;
    struct cni_error err;

    assert_int_equal(reply_get_results(message, &results, &err), -1);
    assert_error(&err, ERROR_DATABASE, msg, details);
    json_decref(message);
}

static void
a_refused_transaction_is_an_error(void **state)
{
    assert_no_results("{'id': 1, 'result': null, 'error': {"
                      "  'error': 'unknown database', 'details': 'no X'}}",
                      "the database answers \"unknown database\"", "no X");
    assert_no_results("{'id': 1, 'result': null, 'error': 'canceled'}",
                      "the database answers \"error\"", "");
    assert_no_results("{'id': 1, 'result': {}, 'error': null}",
                      "an answer of the database has no results", "");
    assert_no_results("{'id': 1}", "an answer of the database has no results",
                      "");
}

/* ---- Results ------------------------------------------------------------ */

static void
assert_failed(const char *text, int operation, const char *msg)
{
    json_t *results = json(text);
    struct cni_error err;

    assert_int_equal(reply_failed_operation(results, 3, &err), operation);
    if (operation >= 0) {
        assert_string_equal(err.msg, msg);
        assert_int_equal(err.code, ERROR_DATABASE);
    }
    json_decref(results);
}

static void
the_operation_that_failed_is_found(void **state)
{
    assert_failed("[{}, {}, {}]", -1, NULL);
    assert_failed("[{}, {'error': 'timed out'}, null]", 1,
                  "the database answers \"timed out\"");
    assert_failed("[{}, {}, {}, {'error': 'constraint violation'}]", 3,
                  "the database answers \"constraint violation\"");
    assert_failed("[{}, {}]", 2, "the database answers \"error\"");
    assert_failed("[{}, null, {}]", 1, "the database answers \"error\"");
    assert_failed("[{}, {'error': 5}, {}]", 1,
                  "the database answers \"error\"");
    assert_failed("[{}, {}, {}, 1]", 3, "the database answers \"error\"");
}

static void
only_the_wait_that_failed_has_timed_out(void **state)
{
    json_t *results = json("[{}, {'error': 'timed out'}, {'error': 'x'}]");

    assert_false(reply_timed_out(results, -1));
    assert_false(reply_timed_out(results, 0));
    assert_true(reply_timed_out(results, 1));
    assert_false(reply_timed_out(results, 2));
    assert_false(reply_timed_out(results, 3));
    json_decref(results);
}

static void
rows_are_objects(void **state)
{
    json_t *results = json("[{'rows': [{}, {}]}, {}, {'rows': [{}, 7]}]");
    struct cni_error err;
    json_t *rows;

    assert_int_equal(reply_get_rows(results, 0, &rows, &err), 0);
    assert_int_equal(json_array_size(rows), 2);
    assert_int_equal(reply_get_rows(results, 1, &rows, &err), -1);
    assert_error(&err, ERROR_DATABASE, "an answer of the database has no rows",
                 "");
    assert_int_equal(reply_get_rows(results, 2, &rows, &err), -1);
    assert_error(&err, ERROR_DATABASE,
                 "an answer of the database has a senseless row", "");
    assert_int_equal(reply_get_rows(results, 3, &rows, &err), -1);
    json_decref(results);
}

static void
columns_have_types(void **state)
{
    json_t *row = json("{'_uuid': ['uuid', 'u-1'], 'name': 'a', 'n': 5,"
                       " 'error': ['set', []],"
                       " 'ids': ['map', [['k', 'v'], ['l', 'w']]]}");
    const char *key, *value;

    assert_string_equal(reply_get_uuid(row, "_uuid"), "u-1");
    assert_string_equal(reply_get_string(row, "name"), "a");
    assert_null(reply_get_string(row, "n"));
    assert_null(reply_get_string(row, "error"));
    assert_null(reply_get_string(row, "absent"));
    assert_null(reply_get_string(NULL, "name"));
    assert_null(reply_get_uuid(row, "name"));
    assert_null(reply_get_uuid(row, "ids"));
    assert_string_equal(reply_get_key(row, "ids", "l"), "w");
    assert_null(reply_get_key(row, "ids", "m"));
    assert_null(reply_get_key(row, "_uuid", "u-1"));
    assert_null(reply_get_key(NULL, "ids", "l"));
    assert_true(reply_get_pair(row, "ids", 1, &key, &value));
    assert_string_equal(key, "l");
    assert_false(reply_get_pair(row, "ids", 2, &key, &value));
    json_decref(row);
}

static void
maps_without_sense_are_empty(void **state)
{
    static const char *const maps[] = {
        "{'ids': ['map']}",           "{'ids': ['map', {}]}",
        "{'ids': ['map', [[]]]}",     "{'ids': ['map', [['k']]]}",
        "{'ids': ['map', [[1, 2]]]}", "{'ids': ['map', [], []]}",
        "{'ids': [['k', 'v']]}",      "{'ids': 'k'}",
    };

    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        json_t *row = json(maps[i]);
        const char *key, *value;

        assert_false(reply_get_pair(row, "ids", 0, &key, &value));
        assert_null(reply_get_key(row, "ids", "k"));
        json_decref(row);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_cut_where_they_end),
        cmocka_unit_test(messages_may_come_byte_by_byte),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(a_message_without_end_is_refused),
        cmocka_unit_test(an_answer_is_told_from_the_rest),
        cmocka_unit_test(an_echo_is_sent_back),
        cmocka_unit_test(a_refused_transaction_is_an_error),
        cmocka_unit_test(the_operation_that_failed_is_found),
        cmocka_unit_test(only_the_wait_that_failed_has_timed_out),
        cmocka_unit_test(rows_are_objects),
        cmocka_unit_test(columns_have_types),
        cmocka_unit_test(maps_without_sense_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
