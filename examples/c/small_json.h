/* Just enough JSON to read the library's answers in this example: one member of one object.
 *
 * Your app has a JSON library; use that. This one does not unescape strings (ids, statuses and names of
 * events have nothing to unescape) and expects valid JSON without blanks between its parts, as the library writes it.
 */
#ifndef SMALL_JSON_H
#define SMALL_JSON_H

#include <stddef.h>
#include <string.h>

#include "field.h"

/* Where a value stands inside an answer. `begin` is NULL where there is no such member. */
typedef struct {
    const char *begin;
    size_t len;
} json_value;

/* The character after the value that begins here: past its brackets, its quotes or its digits. */
static inline const char *json_past(const char *at, const char *end) {
    int depth = 0, in_string = 0;
    for (; at < end; at++) {
        if (in_string) {
            if (*at == '\\') at++;
            else if (*at == '"') in_string = 0;
        } else if (*at == '"') {
            in_string = 1;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0) return at;
            depth--;
        } else if ((*at == ',' || *at == ':') && depth == 0) {
            return at;
        }
    }
    return end;
}

/* The member of this name of an object, as it stands there: a string keeps its quotes. */
static inline json_value json_member(json_value object, const char *name) {
    json_value found = {NULL, 0};
    const char *end, *at;
    if (object.begin == NULL || object.len < 2 || object.begin[0] != '{') return found;
    at = object.begin + 1;
    end = object.begin + object.len - 1;
    while (at < end) {
        const char *colon = json_past(at, end);
        const char *past = colon < end ? json_past(colon + 1, end) : end;
        size_t name_len = (size_t)(colon - at);
        if (name_len == strlen(name) + 2 && memcmp(at + 1, name, name_len - 2) == 0 && colon < end) {
            found.begin = colon + 1;
            found.len = (size_t)(past - found.begin);
            return found;
        }
        at = past + 1;
    }
    return found;
}

/* A whole answer as a value. */
static inline json_value json_of(const field_buffer *answer) {
    json_value whole;
    whole.begin = (const char *)answer->data;
    whole.len = answer->len;
    return whole;
}

/* Whether a value is this string. */
static inline int json_is(json_value value, const char *text) {
    return value.begin != NULL && value.len == strlen(text) + 2 && value.begin[0] == '"' &&
           memcmp(value.begin + 1, text, value.len - 2) == 0;
}

/* Copies a string without its quotes; what does not fit, or is no string, gives "". */
static inline void json_copy(json_value value, char *out, size_t room) {
    out[0] = '\0';
    if (value.begin == NULL || value.len < 2 || value.begin[0] != '"' || value.len - 2 >= room) return;
    memcpy(out, value.begin + 1, value.len - 2);
    out[value.len - 2] = '\0';
}

#endif
