/* Pointers, handles, bytes and requests that no honest app would give. */
#include "abuse.h"

#define MIB (1024 * 1024)
#define DEPTH 10000

/* Every function with bytes for a request, with these: rows that begin with `what`. */
static void every_request(field_store store, field_bytes request, const char *what) {
    field_store other = 77;
    size_t n;
    for (n = 0; n < RECORD_FUNCTIONS_COUNT; n++) {
        row(asked(RECORD_FUNCTIONS[n].call, store, request), "%s: %s", what, RECORD_FUNCTIONS[n].name);
    }
    row(field_network_changed(store, request), "%s: field_network_changed", what);
    row(field_open(request, key(), NULL, &other, NULL), "%s: field_open", what);
    if (other != 0) broken("a failed field_open left a handle");
}

static void null_pointers(field_store store, const char *folder) {
    field_buffer out = {NULL, 0};
    field_store other = 0;
    size_t n;
    for (n = 0; n < RECORD_FUNCTIONS_COUNT; n++) {
        const record_entry *entry = &RECORD_FUNCTIONS[n];
        row(entry->call(store, text(entry->request), NULL), "out NULL: %s", entry->name);
    }
    row(field_event_next(store, 0, NULL), "out NULL: field_event_next");
    row(field_sync_once(store, 0, NULL), "out NULL: field_sync_once");
    row(field_rekey(store, key(), NULL), "out NULL: field_rekey");
    row(field_open(text("{\"path\":\"x\"}"), key(), NULL, NULL, &out), "out NULL: field_open");
    field_buffer_free(&out);
    row(field_open(text("{\"path\":\"x\"}"), key(), NULL, NULL, NULL), "out NULL: field_open, both");

    every_request(store, bytes_of(NULL, 5), "NULL of 5 bytes");
    /* Nothing can be that long, so nothing is read. */
    every_request(store, bytes_of("{}", SIZE_MAX), "SIZE_MAX bytes");

    row(field_unlock(store, bytes_of(NULL, 32)), "key NULL: field_unlock");
    row(field_rekey(store, bytes_of(NULL, 32), &out), "key NULL: field_rekey");
    field_buffer_free(&out);
    row(field_rekey(store, bytes_of(NULL, 0), &out), "key NULL: field_rekey, 0 bytes");
    field_buffer_free(&out);
    row(field_open(text("{\"path\":\"x\"}"), bytes_of(NULL, 32), NULL, &other, NULL), "key NULL: field_open");
    row(field_open(text("{\"path\":\"x\"}"), bytes_of("short", 5), NULL, &other, NULL), "key of 5 bytes: field_open");
    row(open_with(folder, ",\"colour\":1", NULL, &other), "unknown field: field_open");
    row(field_open(text("{\"path\":\"\"}"), key(), NULL, &other, NULL), "empty path: field_open");

    field_buffer_free(NULL);
    row(field_status_name(-1) == NULL && field_status_class(99999999) == NULL ? FIELD_OK : FIELD_PANIC,
        "unknown number: no name and no class");
}

static int32_t never_asked(void *context, field_bytes message, uint8_t *signature_der, size_t *signature_len) {
    (void)context, (void)message, (void)signature_der, (void)signature_len;
    return FIELD_SIGNER_BAD;
}

static void never_released(void *context) {
    (void)context;
    broken("a signer of a failed field_open was released");
}

static void bad_signers(const char *folder) {
    uint8_t nonsense[91];
    field_signer signer;
    field_store store = 0;
    memset(nonsense, 0x30, sizeof nonsense);
    memset(&signer, 0, sizeof signer);
    signer.sign = never_asked;
    signer.release = never_released;
    signer.public_key = bytes_of(nonsense, sizeof nonsense);
    row(open_with(folder, "", &signer, &store), "signer: struct_size 0");
    signer.struct_size = sizeof signer - 1;
    row(open_with(folder, "", &signer, &store), "signer: struct_size one too small");
    signer.struct_size = sizeof signer;
    row(open_with(folder, "", &signer, &store), "signer: public key is nonsense");
    signer.public_key = bytes_of(NULL, 91);
    row(open_with(folder, "", &signer, &store), "signer: public key NULL");
    signer.public_key = bytes_of(nonsense, sizeof nonsense);
    signer.sign = NULL;
    row(open_with(folder, "", &signer, &store), "signer: sign NULL");
    if (store != 0) broken("a bad signer got a store");
}

static void handles(field_store store, field_store closed) {
    field_store made_up = store ^ ((field_store)9 << 32);
    every_function(0, "handle 0");
    every_function(made_up, "made-up handle");
    every_function(UINT64_MAX, "handle of all ones");
    every_function(closed, "closed handle");
    /* The number of the closed one is not that of whatever stands in its place now. */
    row(asked(field_status_get, store, text("{}")), "another handle, after all that: field_status_get");
}

/* `depth` brackets, open and closed, with a word before and after. */
static field_bytes nested(const char *before, const char *open, const char *close, const char *after) {
    size_t len = strlen(before) + DEPTH * (strlen(open) + strlen(close)) + 1 + strlen(after);
    char *request = (char *)malloc(len + 1), *at = request;
    int n;
    if (request == NULL) broken("no memory");
    at += sprintf(at, "%s", before);
    for (n = 0; n < DEPTH; n++) at += sprintf(at, "%s", open);
    *at++ = '1';
    for (n = 0; n < DEPTH; n++) at += sprintf(at, "%s", close);
    at += sprintf(at, "%s", after);
    return bytes_of(request, (size_t)(at - request));
}

static void requests(field_store store) {
    static const char open_set[] = "{\"id\":\"0199a000-0000-7000-8000-000000000001\",\"set\":{\"a\":";
    char *large = (char *)malloc(MIB + 1);
    field_bytes deep;
    if (large == NULL) broken("no memory");
    every_request(store, text("{\"code\":\"\xff\xfe\"}"), "not UTF-8");
    every_request(store, bytes_of(NULL, 0), "nothing at all");
    every_request(store, text("{\"colour\":\"blue\"}"), "unknown field");
    every_request(store, bytes_of("{}\0", 3), "a NUL behind it");

    memset(large, ' ', MIB + 1);
    memcpy(large, "{}", 2);
    row(asked(field_status_get, store, bytes_of(large, MIB)), "1 MiB: field_status_get");
    every_request(store, bytes_of(large, MIB + 1), "1 MiB and a byte");
    free(large);

    deep = nested("", "[", "]", "");
    every_request(store, deep, "10,000 arrays");
    free((void *)deep.data);
    deep = nested("", "{\"a\":", "}", "");
    every_request(store, deep, "10,000 objects");
    free((void *)deep.data);
    deep = nested(open_set, "[", "]", "}}");
    row(asked(field_record_edit, store, deep), "10,000 arrays inside: field_record_edit");
    free((void *)deep.data);
    deep = nested("{\"kind\":\"action\",\"body\":", "{\"a\":", "}", "}");
    row(asked(field_record_new, store, deep), "10,000 objects inside: field_record_new");
    free((void *)deep.data);
    row(field_lifecycle(store, 3), "no such state: field_lifecycle");
    row(field_lifecycle(store, -1), "no such state: field_lifecycle, negative");
}

static void buffers(field_store store) {
    field_buffer answer = {NULL, 0}, empty = {NULL, 0};
    row(field_status_get(store, text("{}"), &answer), "a buffer: field_status_get");
    field_buffer_free(&answer);
    field_buffer_free(&answer);
    field_buffer_free(&empty);
    row(answer.data == NULL && answer.len == 0 ? FIELD_OK : FIELD_PANIC, "a buffer given back twice is empty");
}

void words_chapter(const char *folder) {
    char beside[4096];
    field_store store, closed;
    snprintf(beside, sizeof beside, "%s-closed", folder);
    closed = opened(beside, "", NULL);
    if (field_close(closed) != FIELD_OK) broken("a store did not close");
    store = opened(folder, "", NULL);
    null_pointers(store, folder);
    bad_signers(beside);
    handles(store, closed);
    requests(store);
    buffers(store);
    row(asked(field_status_get, store, text("{}")), "afterwards: field_status_get");
    row(field_close(store), "afterwards: field_close");
    row(field_close(store), "afterwards: field_close again");
}
