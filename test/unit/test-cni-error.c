/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Errors, from where they arise to the document that the runtime reads. */

#include <stdlib.h>
#include <string.h>

#include "cni/result.h"
#include "test/unit/cnitest.h"

static void
each_caller_says_what_it_was_about(void **state)
{
    struct cni_error err;

    assert_int_equal(error_set(&err, ERROR_KERNEL, "no %s", "luck"), -1);
    assert_error(&err, 101, "no luck", "");
    assert_int_equal(error_wrap(&err, "cannot make %s", "eth0"), -1);
    assert_int_equal(error_wrap(&err, "pod %d", 7), -1);
    assert_int_equal(error_details(&err, "try %s", "later"), -1);
    assert_error(&err, 101, "pod 7: cannot make eth0: no luck", "try later");
}

static void
another_error_has_nothing_of_the_one_before(void **state)
{
    struct cni_error err;

    error_set(&err, ERROR_KERNEL, "one");
    error_details(&err, "its details");
    error_set(&err, ERROR_IO, "two");
    assert_error(&err, 5, "two", "");
}

static void
long_texts_are_cut(void **state)
{
    struct cni_error err;
    char text[2 * CNI_ERROR_MAX];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    error_set(&err, ERROR_IO, "%s", text);
    assert_int_equal(strlen(err.msg), CNI_ERROR_MAX - 1);
    error_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.msg), CNI_ERROR_MAX - 1);
    error_wrap(&err, "y");
    assert_memory_equal(err.msg, "y: x", 4);
    assert_int_equal(strlen(err.msg), CNI_ERROR_MAX - 1);
}

/* The document for 'err' in the version named 'version'. */
static json_t *
document(const struct cni_error *err, const char *version)
{
    char *text = result_format_error(err, version_find(version));
    json_t *value = json_loads(text, 0, NULL);

    assert_non_null(value);
    free(text);
    return value;
}

static void
the_runtime_reads_one_document(void **state)
{
    struct cni_error err;

    error_set(&err, ERROR_TRY_AGAIN, "not now");
    assert_json(document(&err, "0.3.1"),
                "{'cniVersion': '0.3.1', 'code': 11, 'msg': 'not now'}");
    error_details(&err, "soon \"perhaps\"");
    assert_json(document(&err, "1.1.0"),
                "{'cniVersion': '1.1.0', 'code': 11, 'msg': 'not now',"
                " 'details': 'soon \\'perhaps\\''}");
}

static void
bytes_that_are_no_text_are_replaced(void **state)
{
    struct cni_error err;

    error_set(&err, ERROR_NETNS, "cannot open /run/\xff\xfe");
    error_details(&err, "gr\xc3\xbc\xc3");
    assert_json(document(&err, "1.0.0"),
                "{'cniVersion': '1.0.0', 'code': 8,"
                " 'msg': 'cannot open /run/?\?', 'details': 'gr?\?\?'}");
    error_set(&err, ERROR_NETNS, "gr\xc3\xbcn");
    assert_json(document(&err, "1.0.0"),
                "{'cniVersion': '1.0.0', 'code': 8, 'msg': 'gr\xc3\xbcn'}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_caller_says_what_it_was_about),
        cmocka_unit_test(another_error_has_nothing_of_the_one_before),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(the_runtime_reads_one_document),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
