/* Signers as an app might have them: honest, locked, failing, lying, and hanging for longer than anybody waits.
 *
 *     signers lies FOLDER CODE       all but the last
 *     signers hangs FOLDER CODE      that one
 *
 * The keys are OpenSSL's; an app's live in hardware.
 */
#define _GNU_SOURCE
#include "abuse.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

typedef enum { HONEST, LOCKED, FAILS, GARBAGE, EMPTY, ANOTHER_KEY, ANOTHER_MESSAGE, TOO_LONG, HANGS } manner;

typedef struct {
    EVP_PKEY *key, *another;
    uint8_t public_key[91];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    manner manner;
    int asked, hanging, released;
} keeper;

static int signature(EVP_PKEY *with, field_bytes message, uint8_t *der, size_t *len) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, with) == 1 &&
               EVP_DigestSign(context, der, len, message.data, message.len) == 1;
    EVP_MD_CTX_free(context);
    return done ? FIELD_OK : FIELD_SIGNER_BAD;
}

static int32_t keeper_sign(void *context, field_bytes message, uint8_t *der, size_t *len) {
    keeper *me = (keeper *)context;
    manner manner;
    pthread_mutex_lock(&me->lock);
    me->asked++;
    me->hanging += me->manner == HANGS;
    pthread_cond_broadcast(&me->changed);
    while (me->manner == HANGS) pthread_cond_wait(&me->changed, &me->lock);
    manner = me->manner;
    pthread_mutex_unlock(&me->lock);
    switch (manner) {
    case LOCKED: return FIELD_KEY_LOCKED;
    case FAILS: return -7;
    case GARBAGE:
        memset(der, 0x30, *len);
        return FIELD_OK;
    case EMPTY:
        *len = 0;
        return FIELD_OK;
    case ANOTHER_KEY: return signature(me->another, message, der, len);
    case ANOTHER_MESSAGE: return signature(me->key, text("not what was asked"), der, len);
    case TOO_LONG:
        *len = 100000;
        return FIELD_OK;
    default: return signature(me->key, message, der, len);
    }
}

static void keeper_release(void *context) {
    keeper *me = (keeper *)context;
    pthread_mutex_lock(&me->lock);
    me->released++;
    pthread_cond_broadcast(&me->changed);
    pthread_mutex_unlock(&me->lock);
}

static void keeper_make(keeper *me) {
    uint8_t *at = me->public_key;
    memset(me, 0, sizeof *me);
    me->key = EVP_EC_gen("P-256");
    me->another = EVP_EC_gen("P-256");
    if (me->key == NULL || me->another == NULL || i2d_PUBKEY(me->key, NULL) != (int)sizeof me->public_key) {
        broken("no keys");
    }
    i2d_PUBKEY(me->key, &at);
    pthread_mutex_init(&me->lock, NULL);
    pthread_cond_init(&me->changed, NULL);
}

static void keeper_drop(keeper *me) {
    EVP_PKEY_free(me->key);
    EVP_PKEY_free(me->another);
    pthread_mutex_destroy(&me->lock);
    pthread_cond_destroy(&me->changed);
}

static void becomes(keeper *me, manner manner) {
    pthread_mutex_lock(&me->lock);
    me->manner = manner;
    pthread_cond_broadcast(&me->changed);
    pthread_mutex_unlock(&me->lock);
}

static int count_of(keeper *me, const int *count) {
    int now;
    pthread_mutex_lock(&me->lock);
    now = *count;
    pthread_mutex_unlock(&me->lock);
    return now;
}

static void until(keeper *me, const int *count, int wanted) {
    pthread_mutex_lock(&me->lock);
    while (*count < wanted) pthread_cond_wait(&me->changed, &me->lock);
    pthread_mutex_unlock(&me->lock);
}

static field_signer signer_of(keeper *me) {
    field_signer signer;
    memset(&signer, 0, sizeof signer);
    signer.struct_size = sizeof signer;
    signer.context = me;
    signer.public_key = bytes_of(me->public_key, sizeof me->public_key);
    signer.sign = keeper_sign;
    signer.release = keeper_release;
    return signer;
}

static const struct {
    manner manner;
    const char *name;
} MANNERS[] = {
    {LOCKED, "locked"},
    {FAILS, "fails"},
    {GARBAGE, "garbage for DER"},
    {EMPTY, "no byte"},
    {ANOTHER_KEY, "signed by another key"},
    {ANOTHER_MESSAGE, "another message signed"},
    {TOO_LONG, "longer than the room"},
};
#define MANNERS_COUNT (sizeof MANNERS / sizeof MANNERS[0])

static field_status enrol(field_store store, const char *code) {
    char request[1024];
    snprintf(request, sizeof request, "{\"code\":\"%s\"}", code);
    return asked(field_enrol, store, text(request));
}

static field_status sync_once(field_store store) {
    field_buffer out = {NULL, 0};
    field_status status = field_sync_once(store, 20000, &out);
    field_buffer_free(&out);
    return status;
}

static void lies(const char *folder, const char *code) {
    keeper mine, other;
    field_signer signer;
    field_store store = 0, again = 0;
    size_t n;
    keeper_make(&mine);
    keeper_make(&other);
    signer = signer_of(&mine);
    row(open_with(folder, "", &signer, &store), "honest: field_open");
    /* An enrolment that the key does not help with uses no code up. */
    for (n = 0; n < MANNERS_COUNT; n++) {
        becomes(&mine, MANNERS[n].manner);
        row(enrol(store, code), "%s: field_enrol", MANNERS[n].name);
    }
    becomes(&mine, HONEST);
    row(enrol(store, code), "honest: field_enrol");
    row(asked(field_record_new, store, text(ACTION)), "honest: field_record_new");
    for (n = 0; n < MANNERS_COUNT; n++) {
        becomes(&mine, MANNERS[n].manner);
        row(asked(field_record_new, store, text(ACTION)), "%s: field_record_new", MANNERS[n].name);
        row(sync_once(store), "%s: field_sync_once", MANNERS[n].name);
        row(asked(field_record_list, store, text("{}")), "%s: field_record_list, which signs nothing", MANNERS[n].name);
    }
    becomes(&mine, HONEST);
    row(asked(field_record_new, store, text(ACTION)), "honest again: field_record_new");
    row(sync_once(store), "honest again: field_sync_once");
    whole(store);

    row(open_with(folder, "", &signer, &again), "opened twice: field_open");
    fact(count_of(&mine, &mine.released), "released while open");
    row(field_close(store), "honest: field_close");
    fact(count_of(&mine, &mine.released), "released when closed");

    /* Another key is another device. */
    signer = signer_of(&other);
    if (open_with(folder, "", &signer, &store) != FIELD_OK) broken("a store did not open");
    row(asked(field_record_new, store, text(ACTION)), "another device's key: field_record_new");
    row(field_close(store), "another device's key: field_close");
    fact(count_of(&other, &other.released), "the other released when closed");
    keeper_drop(&mine);
    keeper_drop(&other);
}

typedef struct {
    field_store store;
    field_status status;
} saver;

static void *saves(void *context) {
    saver *me = (saver *)context;
    me->status = asked(field_record_new, me->store, text(ACTION));
    return NULL;
}

static void hangs(const char *folder, const char *code) {
    keeper mine;
    field_signer signer;
    field_store store = 0;
    saver second;
    pthread_t thread;
    long long begun;
    keeper_make(&mine);
    signer = signer_of(&mine);
    store = opened(folder, "", &signer);
    if (enrol(store, code) != FIELD_OK) broken("a device could not be enrolled");

    /* Nobody waits for longer than ten seconds. */
    becomes(&mine, HANGS);
    begun = now_ms();
    row(asked(field_record_new, store, text(ACTION)), "hangs: field_record_new");
    fact(now_ms() - begun, "ms until it was abandoned");
    row(asked(field_status_get, store, text("{}")), "hangs: field_status_get afterwards");

    /* And closing waits neither for the call that was left behind nor for one that is waited for. */
    second.store = store;
    if (pthread_create(&thread, NULL, saves, &second) != 0) broken("no thread");
    until(&mine, &mine.hanging, 2);
    begun = now_ms();
    row(field_close(store), "hangs: field_close");
    fact(now_ms() - begun, "ms of field_close");
    row(asked(field_status_get, store, text("{}")), "hangs: field_status_get, closed");
    pthread_join(thread, NULL);
    row(second.status, "hangs: field_record_new, closed meanwhile");
    fact(count_of(&mine, &mine.released), "released while two calls hang");

    becomes(&mine, HONEST);
    until(&mine, &mine.released, 1);
    fact(count_of(&mine, &mine.released), "released when they had come back");

    /* The same key in the hands of a new life of the app. */
    store = opened(folder, "", &signer);
    row(asked(field_record_new, store, text(ACTION)), "honest again: field_record_new");
    whole(store);
    row(field_close(store), "honest again: field_close");
    until(&mine, &mine.released, 2);
    fact(count_of(&mine, &mine.asked), "calls");
    keeper_drop(&mine);
}

int main(int count, char **words) {
    if (count != 4) return 2;
    if (strcmp(words[1], "lies") == 0) lies(words[2], words[3]);
    else if (strcmp(words[1], "hangs") == 0) hangs(words[2], words[3]);
    else return 2;
    table();
    return 0;
}
