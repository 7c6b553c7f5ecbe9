/* What an app could do wrong with libfield, tried from C.
 *
 * Each chapter is a program's run of its own: `abuse CHAPTER FOLDER [..]`. For everything tried it prints
 * `what | status | name`, and for everything counted `fact what | number`; at the end all rows once more as a
 * table. It judges nothing: what is expected stands in `tests/tests/common/abuse.rs`.
 */
#ifndef ABUSE_H
#define ABUSE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

typedef field_status (*record_function)(field_store store, field_bytes request, field_buffer *response_out);

/* Every function of the shape "JSON in, JSON out", with a request it would take. */
typedef struct {
    const char *name;
    record_function call;
    const char *request;
} record_entry;

extern const record_entry RECORD_FUNCTIONS[];
extern const size_t RECORD_FUNCTIONS_COUNT;

/* A request that makes a record which is live, and signed, at once. */
extern const char ACTION[];

/* Notes one row; the text is put together as printf does. */
void row(field_status status, const char *what, ...);
/* Notes a number. */
void fact(long long number, const char *what);
/* Prints all rows again, one under the other. */
void table(void);
/* Ends the program: something that has nothing to do with the library went wrong. */
void broken(const char *what);

field_bytes bytes_of(const void *data, size_t len);
field_bytes text(const char *words);
/* The key of every store here. */
field_bytes key(void);
/* The status of a call whose answer nobody wants. */
field_status asked(record_function call, field_store store, field_bytes request);
/* Copies a text out of an answer; "" where there is none. */
void answer_text(const field_buffer *answer, const char *member, char *out, size_t room);

/* Opens a store in a folder, with more members for its configuration (`,"server":..`) or "". */
field_status open_with(const char *folder, const char *more, const field_signer *signer, field_store *store);
/* As that, where nothing else can be tried without it. */
field_store opened(const char *folder, const char *more, const field_signer *signer);
/* Makes it somebody's device, which has to work. */
void enrolled(field_store store, const char *code);
/* Every function that takes a store, on this one: rows that begin with `what`. */
void every_function(field_store store, const char *what);
/* Facts at the end of a chapter: whether everything verifies, and how many actions are held. */
void whole(field_store store);

/* Milliseconds of a clock that only runs forward. */
long long now_ms(void);
/* Waits until this thread of ours waits for something itself. */
void until_it_waits(long thread);
/* The number of the calling thread. */
long own_thread(void);
/* A UDP port of this machine on which nobody will ever answer: `,"server":"127.0.0.1:PORT"`. */
const char *black_hole(void);

void words_chapter(const char *folder);
void threads_chapter(const char *folder, const char *code);
void closing_chapter(const char *folder, const char *code);
void logging_chapter(const char *folder);
void cycles_chapter(const char *folder, int cycles);
void processes_chapter(const char *program, const char *folder, const char *code);
void second_chapter(const char *folder);
void saving_chapter(const char *folder);
void held_chapter(const char *folder);

#endif
