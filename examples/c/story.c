/* An officer's app, as small as it can be: enrol, write down what a child says without signal, seal it, come
 * online, see the receipt, ask for something, see the answer arrive, sleep and wake.
 *
 *     story STORE_FOLDER ENROLMENT_CODE
 *
 * It prints one line of JSON a step, and where the world outside has to change first (the signal goes, the
 * signal comes back, somebody answers) it waits for you to press Enter. C99, and C++17 as it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "small_json.h"

/* An id is a UUID, a statement a hash in hexadecimal: both fit. */
#define NAME_ROOM 128

/* How long one wait for an event lasts. Closing the store ends it at once, so it may be long. */
#define WAIT_MS 10000

/* What the child said. What is missing from an account is listed as gaps beside it and stops nothing. */
static const char ACCOUNT[] =
    "{\"kind\":\"disclosure\",\"body\":{"
    "\"urgency\":\"immediate\","
    "\"speaker\":{\"as_said\":\"Maisie\"},"
    "\"words_verbatim\":[{\"seq\":1,\"speaker\":\"Maisie\",\"text\":\"I don't want to go back there.\",\"exact\":true}],"
    "\"questions_asked\":[{\"seq\":1,\"text\":\"Tell me about the weekend.\",\"asker\":\"officer\",\"kind\":\"open\"}],"
    "\"setting\":{\"type\":\"school\",\"place\":\"wellbeing office\",\"chosen_by_child\":\"yes\"},"
    "\"seen_alone\":\"no\",\"how_recorded\":\"typed_live\"}}";

/* What the officer asks the team to do. */
static const char REQUEST[] =
    "{\"kind\":\"action\",\"body\":{"
    "\"kind\":\"enquiry\",\"urgency\":\"standard\","
    "\"requested_by\":{\"person\":\"the lead\",\"org\":\"Hill Primary\"},"
    "\"exact_request\":\"Could someone look at the lights on the back gate?\","
    "\"about\":[\"the school\"],\"due\":\"2099-01-01T12:00:00Z\"}}";

/* Borrows a text for the time of a call. */
static field_bytes borrow(const char *text) {
    field_bytes bytes;
    bytes.data = (const uint8_t *)text;
    bytes.len = strlen(text);
    return bytes;
}

/* Ends the program where a call failed. An app looks at field_status_class(status) instead: `locked` asks for a
 * fingerprint, `offline` and `busy` try again later, `refused` shows the message and the gaps, and so on. */
static void expect_ok(const char *what, field_status status, const field_buffer *answer) {
    const char *name = field_status_name(status);
    if (status == FIELD_OK) return;
    fprintf(stderr, "%s: %s", what, name != NULL ? name : "a status newer than this program");
    /* Neither the message nor the gaps hold a word of a record: both may be shown and logged. */
    if (answer != NULL && answer->len > 0) fprintf(stderr, " %.*s", (int)answer->len, (const char *)answer->data);
    fputc('\n', stderr);
    exit(1);
}

/* Every record function has this shape, so one helper serves them all. Give the answer back when you have read
 * it: field_buffer_free also wipes it. */
typedef field_status (*record_function)(field_store store, field_bytes request, field_buffer *response_out);

static field_buffer ask(const char *what, record_function function, field_store store, const char *request) {
    field_buffer answer = {NULL, 0};
    expect_ok(what, function(store, borrow(request), &answer), &answer);
    return answer;
}

/* The same for requests that are an id and nothing else. */
static field_buffer ask_about(const char *what, record_function function, field_store store, const char *id) {
    char request[NAME_ROOM + 16];
    snprintf(request, sizeof request, "{\"id\":\"%s\"}", id);
    return ask(what, function, store, request);
}

/* Prints one step, with members of an answer copied as they stand, and lets go of the answer. */
static void print_step(const char *step, field_buffer *answer, const char *const *members) {
    printf("{\"step\":\"%s\"", step);
    for (; *members != NULL; members++) {
        json_value value = json_member(json_of(answer), *members);
        if (value.begin != NULL) printf(",\"%s\":%.*s", *members, (int)value.len, value.begin);
    }
    printf("}\n");
    fflush(stdout);
    field_buffer_free(answer);
}

/* Waits until whoever runs this says that the world has changed. */
static void wait_for_a_line(void) {
    int c;
    while ((c = getchar()) != '\n') {
        if (c == EOF) exit(1);
    }
}

/* Waits for one event: of this name, and with this text in one of its members.
 *
 * Events are pulled. A real app does this on a thread of its own, which ends when the store is closed
 * (FIELD_CLOSED), and hands each event to its main thread. The library never calls into the app. */
static field_buffer await_event(field_store store, const char *name, const char *member, const char *text) {
    for (;;) {
        field_buffer event = {NULL, 0};
        field_status status = field_event_next(store, WAIT_MS, &event);
        json_value read = json_of(&event);
        if (status == FIELD_OK && json_is(json_member(read, "event"), name) &&
            json_is(json_member(read, member), text)) {
            return event;
        }
        /* FIELD_TIMEOUT says that nothing happened: there may be no signal for hours. */
        if (status != FIELD_TIMEOUT) expect_ok("field_event_next", status, &event);
        field_buffer_free(&event);
    }
}

/* Opens the store, and makes it the first time. */
static field_store open_store(const char *folder) {
    field_store store = 0;
    field_buffer error = {NULL, 0};
    uint8_t key[32];
    field_bytes store_key;
    char config[4096];
    FILE *random = fopen("/dev/urandom", "rb");

    /* An app makes the key once and keeps it in the platform's keystore (Keychain, Android Keystore, DPAPI): it
     * opens everything the device holds. This program forgets it, and the store cannot be opened again. */
    if (random == NULL || fread(key, 1, sizeof key, random) != sizeof key) {
        fputs("no random bytes for a key\n", stderr);
        exit(1);
    }
    fclose(random);
    store_key.data = key;
    store_key.len = sizeof key;

    /* A path with a quote or a backslash would have to be escaped here; your JSON library does that. */
    if ((size_t)snprintf(config, sizeof config, "{\"path\":\"%s\"}", folder) >= sizeof config) {
        fputs("the folder's name is too long\n", stderr);
        exit(1);
    }
    /* With NULL in the place of a signer the library makes the device's key and keeps it in the encrypted store.
     * An app gives one that lives in the Secure Enclave or in StrongBox. */
    expect_ok("field_open", field_open(borrow(config), store_key, NULL, &store, &error), &error);
    memset(key, 0, sizeof key);
    return store;
}

int main(int count, char **words) {
    static const char *const enrolled[] = {"user", "role", "device", NULL};
    static const char *const sealed[] = {"id", "status", "statement", "gaps", NULL};
    static const char *const unsent[] = {"unsent", NULL};
    static const char *const receipt[] = {"id", "statement", "at", NULL};
    static const char *const id_alone[] = {"id", NULL};
    static const char *const answered[] = {"id", "status", "at", NULL};
    static const char *const woken[] = {"id", "status", NULL};
    char request[1024], account[NAME_ROOM], statement[NAME_ROOM], action[NAME_ROOM];
    field_buffer answer;
    field_store store;

    if (count != 3) {
        fprintf(stderr, "usage: %s STORE_FOLDER ENROLMENT_CODE\n", count > 0 ? words[0] : "story");
        return 2;
    }
    /* The library may be newer than the header this was compiled with, as long as the major version is the same. */
    if (field_abi_version() >> 16 != FIELD_ABI_MAJOR) {
        fprintf(stderr, "libfield %s has another interface\n", field_version());
        return 1;
    }
    store = open_store(words[1]);

    /* At the station, with signal: the one call that needs the network. From then on the library stays in sync by
     * itself, on its own threads, whenever there is coverage. */
    if ((size_t)snprintf(request, sizeof request, "{\"code\":\"%s\"}", words[2]) >= sizeof request) return 2;
    answer = ask("field_enrol", field_enrol, store, request);
    print_step("enrolled", &answer, enrolled);
    expect_ok("field_sync_start", field_sync_start(store), NULL);
    wait_for_a_line();

    /* In a corridor without signal. What field_record_new answered is on disk; sealing signs it, and from then on
     * nobody can change a word of it. */
    answer = ask("field_record_new", field_record_new, store, ACCOUNT);
    json_copy(json_member(json_of(&answer), "id"), account, sizeof account);
    field_buffer_free(&answer);
    answer = ask_about("field_record_seal", field_record_seal, store, account);
    json_copy(json_member(json_of(&answer), "statement"), statement, sizeof statement);
    print_step("sealed", &answer, sealed);
    answer = ask("field_status_get", field_status_get, store, "{}");
    print_step("waiting", &answer, unsent);
    wait_for_a_line();

    /* Signal again, as the platform tells it. The library looks for the server at once, and the most urgent goes
     * first. A receipt says that the server has this very statement on its disk. */
    expect_ok("field_network_changed", field_network_changed(store, borrow("{\"available\":true}")), NULL);
    answer = await_event(store, "receipt", "statement", statement);
    print_step("receipt", &answer, receipt);

    /* The officer asks for something. A request is not sealed by hand: it is live as soon as it is saved. */
    answer = ask("field_record_new", field_record_new, store, REQUEST);
    json_copy(json_member(json_of(&answer), "id"), action, sizeof action);
    field_buffer_free(&answer);
    answer = await_event(store, "receipt", "id", action);
    print_step("asked", &answer, id_alone);
    wait_for_a_line();

    /* Somebody has accepted it on another device; here that is an event. What happened while nobody asked for events
     * has waited. */
    for (;;) {
        answer = await_event(store, "record_changed", "id", action);
        if (json_is(json_member(json_of(&answer), "status"), "accepted")) break;
        field_buffer_free(&answer);
    }
    print_step("answer", &answer, answered);

    /* The system puts the app to sleep and wakes it. In between the file is closed and no thread of the library
     * runs; staying in sync goes on by itself afterwards. */
    expect_ok("field_suspend", field_suspend(store), NULL);
    expect_ok("field_resume", field_resume(store), NULL);
    answer = ask_about("field_record_show", field_record_show, store, action);
    print_step("woken", &answer, woken);

    expect_ok("field_close", field_close(store), NULL);
    printf("{\"step\":\"closed\"}\n");
    return 0;
}
