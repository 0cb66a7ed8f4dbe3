/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The file with the last good world: whatever is in it is refused with a
 * reason, or is a world that can be copied, compiled and written again. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/last-good.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/world-fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does with 'content' what a node does. */
static void
use(const struct last_good_content *content)
{
    struct world world;
    struct flowset flows;

    world_init(&world, content->world.node);
    world_copy_cluster(&world, &content->world);
    world_sort(&world);
    flowset_init(&flows);
    compile_world(&world, &flows);
    flowset_destroy(&flows);
    world_destroy(&world);
}

/* Writes 'content' and reads it again. */
static void
write_again(const struct last_good_content *content)
{
    struct last_good_content again;
    char *text = last_good_format(&content->identity, &content->world);
    char *error = last_good_parse(text, &again);

    if (error) {
        abort();
    }
    char *second = last_good_format(&again.identity, &again.world);
    if (strcmp(text, second)) {
        abort();
    }
    free(second);
    last_good_content_destroy(&again);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct last_good_content content;
    bool newer;
    char *error;

    memcpy(text, data, size);
    text[size] = '\0';
    if (!last_good_unseal(text, size, &error, &newer)) {
        free(error);
    }
    error = last_good_parse(text, &content);
    if (error) {
        free(error);
    } else {
        use(&content);
        write_again(&content);
        last_good_content_destroy(&content);
    }
    free(text);
    return 0;
}
