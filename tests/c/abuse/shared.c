/* What the chapters share. */
#define _GNU_SOURCE
#include "abuse.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "small_json.h"

#define ROWS_MAX 1024
#define WORDS_MAX 120

const char ACTION[] =
    "{\"kind\":\"action\",\"body\":{\"kind\":\"enquiry\",\"urgency\":\"standard\","
    "\"requested_by\":{\"person\":\"the lead\",\"org\":\"Hill Primary\"},"
    "\"exact_request\":\"Could someone look at the lights?\",\"about\":[\"the school\"],"
    "\"due\":\"2099-01-01T12:00:00Z\"}}";

#define AN_ID "\"id\":\"0199a000-0000-7000-8000-000000000001\""

const record_entry RECORD_FUNCTIONS[] = {
    {"field_enrol", field_enrol, "{\"code\":\"no code\"}"},
    {"field_record_new", field_record_new, ACTION},
    {"field_record_edit", field_record_edit, "{" AN_ID ",\"set\":{\"a\":1}}"},
    {"field_draft_keep", field_draft_keep, "{" AN_ID ",\"set\":{\"a\":1}}"},
    {"field_record_seal", field_record_seal, "{" AN_ID "}"},
    {"field_record_addendum", field_record_addendum, "{" AN_ID ",\"text\":\"more\",\"reason\":\"heard later\"}"},
    {"field_record_do", field_record_do, "{" AN_ID ",\"verb\":\"accept\"}"},
    {"field_record_show", field_record_show, "{" AN_ID "}"},
    {"field_record_list", field_record_list, "{}"},
    {"field_search", field_search, "{\"text\":\"lights\"}"},
    {"field_attachment_add", field_attachment_add, "{" AN_ID ",\"base64\":\"eA==\"}"},
    {"field_attachment_fetch", field_attachment_fetch, "{" AN_ID ",\"sha256\":\"no hash\",\"to\":\"/nowhere\"}"},
    {"field_status_get", field_status_get, "{}"},
    {"field_verify", field_verify, "{}"},
};
const size_t RECORD_FUNCTIONS_COUNT = sizeof RECORD_FUNCTIONS / sizeof RECORD_FUNCTIONS[0];

static struct {
    char what[WORDS_MAX];
    field_status status;
} rows[ROWS_MAX];
static size_t rows_count;

static const char *name_of(field_status status) {
    const char *name = field_status_name(status);
    return name != NULL ? name : "unknown";
}

void row(field_status status, const char *what, ...) {
    va_list words;
    if (rows_count == ROWS_MAX) broken("too many rows");
    va_start(words, what);
    vsnprintf(rows[rows_count].what, WORDS_MAX, what, words);
    va_end(words);
    rows[rows_count].status = status;
    printf("%s | %d | %s\n", rows[rows_count].what, status, name_of(status));
    fflush(stdout);
    rows_count++;
}

void fact(long long number, const char *what) {
    printf("fact %s | %lld\n", what, number);
    fflush(stdout);
}

void table(void) {
    size_t n;
    for (n = 0; n < rows_count; n++) {
        printf("    %-80s %6d  %s\n", rows[n].what, rows[n].status, name_of(rows[n].status));
    }
}

void broken(const char *what) {
    fprintf(stderr, "abuse: %s\n", what);
    exit(3);
}

field_bytes bytes_of(const void *data, size_t len) {
    field_bytes bytes;
    bytes.data = (const uint8_t *)data;
    bytes.len = len;
    return bytes;
}

field_bytes text(const char *words) {
    return bytes_of(words, strlen(words));
}

field_bytes key(void) {
    static const uint8_t bytes[32] = {7};
    return bytes_of(bytes, sizeof bytes);
}

field_status asked(record_function call, field_store store, field_bytes request) {
    field_buffer answer = {NULL, 0};
    field_status status = call(store, request, &answer);
    field_buffer_free(&answer);
    return status;
}

void answer_text(const field_buffer *answer, const char *member, char *out, size_t room) {
    json_copy(json_member(json_of(answer), member), out, room);
}

field_status open_with(const char *folder, const char *more, const field_signer *signer, field_store *store) {
    char config[4096];
    snprintf(config, sizeof config, "{\"path\":\"%s\"%s}", folder, more);
    return field_open(text(config), key(), signer, store, NULL);
}

field_store opened(const char *folder, const char *more, const field_signer *signer) {
    field_store store = 0;
    if (open_with(folder, more, signer, &store) != FIELD_OK) broken("a store did not open");
    return store;
}

void enrolled(field_store store, const char *code) {
    char request[1024];
    snprintf(request, sizeof request, "{\"code\":\"%s\"}", code);
    if (asked(field_enrol, store, text(request)) != FIELD_OK) broken("a device could not be enrolled");
}

void every_function(field_store store, const char *what) {
    field_buffer out = {NULL, 0};
    size_t n;
    for (n = 0; n < RECORD_FUNCTIONS_COUNT; n++) {
        const record_entry *entry = &RECORD_FUNCTIONS[n];
        row(asked(entry->call, store, text(entry->request)), "%s: %s", what, entry->name);
    }
    row(field_event_next(store, 0, &out), "%s: field_event_next", what);
    field_buffer_free(&out);
    row(field_sync_start(store), "%s: field_sync_start", what);
    row(field_sync_stop(store), "%s: field_sync_stop", what);
    row(field_sync_once(store, 0, &out), "%s: field_sync_once", what);
    field_buffer_free(&out);
    row(field_network_changed(store, text("{\"available\":true}")), "%s: field_network_changed", what);
    row(field_lifecycle(store, 0), "%s: field_lifecycle", what);
    row(field_suspend(store), "%s: field_suspend", what);
    row(field_resume(store), "%s: field_resume", what);
    row(field_unlock(store, key()), "%s: field_unlock", what);
    row(field_rekey(store, key(), &out), "%s: field_rekey", what);
    field_buffer_free(&out);
    row(field_close(store), "%s: field_close", what);
}

void whole(field_store store) {
    field_buffer answer = {NULL, 0};
    json_value ok;
    long long count = 0;
    size_t at;
    if (field_verify(store, text("{}"), &answer) != FIELD_OK) broken("nothing could be verified");
    ok = json_member(json_of(&answer), "ok");
    fact(ok.len == 4 && memcmp(ok.begin, "true", 4) == 0, "verified");
    field_buffer_free(&answer);
    if (field_record_list(store, text("{\"kind\":\"action\"}"), &answer) != FIELD_OK) broken("no list");
    /* Every line of a list has one id, and an id stands nowhere else in it. */
    for (at = 0; at + 6 <= answer.len; at++) count += memcmp(answer.data + at, "\"id\":\"", 6) == 0;
    fact(count, "records");
    field_buffer_free(&answer);
}

long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

long own_thread(void) {
    return syscall(SYS_gettid);
}

void until_it_waits(long thread) {
    char path[64], line[512];
    const char *state = NULL;
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread);
    do {
        FILE *file = fopen(path, "r");
        if (file == NULL) return;
        state = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
        fclose(file);
        sched_yield();
    } while (state == NULL || state[1] == '\0' || state[2] != 'S');
}

const char *black_hole(void) {
    static char member[64];
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    int hole = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* It stays open for as long as the program runs: what comes is kept, and nobody reads it. */
    if (hole < 0 || bind(hole, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(hole, (struct sockaddr *)&address, &len) != 0) {
        broken("no socket");
    }
    snprintf(member, sizeof member, ",\"server\":\"127.0.0.1:%d\"", ntohs(address.sin_port));
    return member;
}
