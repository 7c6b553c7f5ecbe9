/* Two faults of an app's own, to show that the checkers see what happens around libfield:
 *
 *     planted leak     an answer that is never given back
 *     planted past     one byte read behind an answer
 *     planted none     neither
 */
#include <stdio.h>
#include <string.h>

#include "field.h"

int main(int count, char **words) {
    static const uint8_t request[] = "{}";
    const char *fault = count == 2 ? words[1] : "";
    field_bytes bytes;
    field_buffer answer = {NULL, 0};
    volatile uint8_t byte = 0;

    bytes.data = request;
    bytes.len = 2;
    /* No store: the answer is an error, and an error is the app's to give back as well. */
    if (field_status_get(0, bytes, &answer) != FIELD_HANDLE || answer.len == 0) return 1;
    if (strcmp(fault, "past") == 0) byte = answer.data[answer.len];
    if (byte == 1) puts("not reached by what any answer is followed by");
    if (strcmp(fault, "leak") == 0) {
        answer.data = NULL;
        answer.len = 0;
    }
    field_buffer_free(&answer);
    return 0;
}
