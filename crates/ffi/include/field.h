/* libfield: Firsthand's device, for apps in any language. Generated; do not edit.
 *
 * How to call it, all on one page
 *
 * Answers.  Every function answers a field_status: FIELD_OK (0), a small number below, or from 1000 on the
 *           permanent number of a code (FIELD_S_SEALED ..). field_status_name and field_status_class give both
 *           as text. No function unwinds, aborts, prints, or installs a signal handler.
 * Stores.   A field_store is a number, not a pointer. A closed or made-up one is FIELD_CLOSED or FIELD_HANDLE,
 *           never undefined behaviour. After a fork without exec every call in the child is FIELD_HANDLE.
 * Threads.  Any thread may call, several at once with one store. Nothing waits for the network but
 *           field_enrol (30 s at most) and field_sync_once (its budget). A call waits for the disk, and for
 *           a signer of yours while a statement is being signed. The library calls into the app only
 *           through the signer and the log callback.
 * Memory.   field_bytes are yours and are read during the call alone. field_buffer is ours: whatever a call
 *           wrote there is given back with field_buffer_free, which also wipes it. A call overwrites what
 *           was in a field_buffer without freeing it.
 * JSON.     Requests and answers are UTF-8 JSON, at most 1 MiB and 32 levels; unknown fields are refused by
 *           name. On failure the answer is {"error":{"code","class","number","message","gaps"}}. Schemas:
 *           proto/api. Neither errors nor log lines hold a word of a record.
 * Pointers. NULL where it is not allowed is FIELD_NULL. Only error_out, signer, release and the log callback
 *           may be NULL.
 */

#ifndef FIRSTHAND_FIELD_H
#define FIRSTHAND_FIELD_H

#include <stddef.h>
#include <stdint.h>

/*
 Major version of this interface: it changes when an app has to.
 */
#define FIELD_ABI_MAJOR 1

/*
 Minor version of this interface: it grows with every function that is added.
 */
#define FIELD_ABI_MINOR 0

/*
 What a call came to: `FIELD_OK`, one of the small numbers below, or from 1000 on the permanent
 number of a code, as it stands in the answer's `error.number` and in `proto/codes.md`. Numbers
 never change their meaning and are never used again.
 */
typedef int32_t field_status;

/*
 One open store, as a number that is checked whenever it is used; 0 is none. It may be used from any
 thread, by several at once.
 */
typedef uint64_t field_store;

/*
 Bytes of the app's, read during the call alone; UTF-8 where they are text. `data` may be NULL
 where `len` is 0.
 */
typedef struct {
    /*
     Where they begin.
     */
    const uint8_t *data;
    /*
     How many there are.
     */
    size_t len;
} field_bytes;

/*
 Bytes of the library's, to be given back with `field_buffer_free`. What was in it before a call
 is overwritten, not freed.
 */
typedef struct {
    /*
     Where they begin; NULL when there are none.
     */
    uint8_t *data;
    /*
     How many there are.
     */
    size_t len;
} field_buffer;

/*
 Takes one line: UTF-8 without an end of line, to be read during the call alone. `level`: 1 a fault of
 the library's, 2 something for a person to look at, 3 what happened, 4 what was refused. It may be
 called from any thread, several at once; what it calls of the library is not logged.
 */
typedef void (*field_log)(void *context, int32_t level, field_bytes line);

/*
 Signs `message` with ECDSA over SHA-256 of it. Writes the signature as DER to `signature_der`;
 `*signature_len` is the room there (at least 72) and becomes the length used. Answers `FIELD_OK`,
 `FIELD_KEY_LOCKED`, or any other number for a failure.
 */
typedef int32_t (*field_sign)(void *context,
                              field_bytes message,
                              uint8_t *signature_der,
                              size_t *signature_len);

/*
 The library will not call `sign` with this `context` any more.
 */
typedef void (*field_release)(void *context);

/*
 A device key that lives elsewhere. The struct is copied; `context` must stay good until `release`.
 */
typedef struct {
    /*
     `sizeof(field_signer)`, so that the struct can grow.
     */
    size_t struct_size;
    /*
     Handed to both functions as it is.
     */
    void *context;
    /*
     The public key: a P-256 SubjectPublicKeyInfo with an uncompressed point, DER, 91 bytes.
     */
    field_bytes public_key;
    /*
     Signs; called on threads of the library, one call at a time unless one was abandoned.
     */
    field_sign sign;
    /*
     Called once when the store is closed and no call of `sign` is out; may be NULL.
     */
    field_release release;
} field_signer;

/*
 Done.
 */
#define FIELD_OK 0

/*
 The store is closed.
 */
#define FIELD_CLOSED 1

/*
 The time was up: no event came.
 */
#define FIELD_TIMEOUT 2

/*
 A pointer is NULL that must not be.
 */
#define FIELD_NULL 3

/*
 No such store: the handle was never given out, or this process was forked from the one it is of.
 */
#define FIELD_HANDLE 4

/*
 The bytes are not UTF-8.
 */
#define FIELD_UTF8 5

/*
 The device's key is locked (also what a signer answers to say so).
 */
#define FIELD_KEY_LOCKED 6

/*
 The signer failed, or what it gave does not verify under its public key.
 */
#define FIELD_SIGNER_BAD 7

/*
 The signer did not answer within 10 s; its call was abandoned.
 */
#define FIELD_SIGNER_TIMEOUT 8

/*
 The budget is used up and something is left to do.
 */
#define FIELD_MORE_WORK 9

/*
 No server could be reached.
 */
#define FIELD_NO_NETWORK 10

/*
 A fault of the library's own; nothing was half done, and the store may be used on.
 */
#define FIELD_PANIC 11

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 `major << 16 | minor` of the interface that the library has; a wrapper compares the major with
 its own `FIELD_ABI_MAJOR` when it loads. May be called at any time.
 */
uint32_t field_abi_version(void);

/*
 The library's version as static text; never NULL, never to be freed.
 */
const char *field_version(void);

/*
 Attaches a file to a record or a draft: `{"id","path"|"base64","type"?}` gives `{"sha256","bytes","type"}`.
 Encrypted, signed for and on disk when this returns; it is sent after everything else, and cannot be
 taken away again. `sha256` is that of the ciphertext, as `field_record_show` lists it. At most 64 MiB by
 `path`, and what a request holds by `base64`. Codes: `R80.too_large`, `R80.too_many`, `I.value`.
 */
field_status field_attachment_add(field_store store, field_bytes request, field_buffer *response_out);

/*
 Decrypts an attached file into a file that its owner alone can read: `{"id","sha256","to"}` gives
 `{"sha256","bytes","type","to"}`. Where the file is not on this device this waits for the network, up to
 60 s; a later call goes on where it stopped. That it was opened is logged. Codes: `R110.locked`,
 `R80.damaged`, `I.not_found`, `W.media_missing`, `W.media_denied`, `D.offline`.
 */
field_status field_attachment_fetch(field_store store, field_bytes request, field_buffer *response_out);

/*
 Gives a buffer's bytes back and wipes them: they may hold words of a record. NULL, an empty
 buffer and one that was given back already are harmless.
 */
void field_buffer_free(field_buffer *buffer);

/*
 Waits for the next event: `{"event","at",..}`, where `event` is record_changed, receipt, delivered,
 seen, quarantined, erased, online or offline. `FIELD_TIMEOUT` when none came (`event_out` is then
 empty), `FIELD_CLOSED` when the store is closed meanwhile. Events are kept while the store is suspended
 or locked. What this device wrote itself it is not told of. Of more than 4,096 that nobody fetches the oldest are lost, so that after an `offline` or a
 pause a list is read anew.
 */
field_status field_event_next(field_store store,
                              uint32_t timeout_ms,
                              field_buffer *event_out);

/*
 Sends lines about the library's work to the app, until it is called with NULL. When it returns, the
 function given before is not being called any more. No line holds personal data. 1009 when it is
 called by such a function itself.
 */
field_status field_set_log_callback(field_log log, void *context);

/*
 The chronology of a case or of a person, all kinds: `{"person"}` or `{"case"}` gives an array of what was
 said and done. Times stand as they were stated; where a clock was off by more than five minutes, that is
 said beside. Codes: `I.not_found`, `I.value` unless exactly one is named.
 */
field_status field_timeline(field_store store, field_bytes request, field_buffer *response_out);

/*
 What is due now for this user, the longest due first: `{}` gives an array of
 `{"id","rule","code","record","rung","due_at","for","text","dismissed_by"}`. `text` holds no word of a record:
 it may stand on a locked screen. With many, higher rungs stand first.
 */
field_status field_prompts(field_store store,
                           field_bytes request,
                           field_buffer *response_out);

/*
 Records that may be about the same number, place or person, each never more than *possible* until somebody
 confirms or rejects it: `{}` gives an array of `{"id","rule","state","records","key_kind"}`.
 */
field_status field_matches(field_store store, field_bytes request, field_buffer *response_out);

/*
 Writes a bundle that proves itself: `{"case"|"record","to","purpose"?,"to_whom"?,"with_reporter"?}` gives
 `{"file","sha256","records","statements","masked"}`. That it was made, for what and for whom, is logged
 before the file exists; the file is readable by its owner alone. Codes: `I.not_found`, `I.denied` when a
 reporter is asked for by who may not hold the vault, `B.too_large`, `STORE.io`.

 `{"unsent":true,"to"}` instead writes everything that waits to be sent, sealed for the server alone, for another
 device to carry: `{"to","frames","records","bytes","more"}`. It waits here as before until its own receipt;
 attached files are not in it. Codes: `D.relay_key` before the first sync, `I.not_found` where nothing waits.
 */
field_status field_export(field_store store,
                          field_bytes request,
                          field_buffer *response_out);

/*
 Takes in what another device wrote with `field_export` and `"unsent"`, to be carried to the server at the next
 sync: `{"path"}` gives `{"parts","already","bytes"}`. Nothing of it can be read here. Codes: `B.form`,
 `B.too_large`, `B.reader` where it is for another server, `B.carried_full`, `D.not_enrolled`, `STORE.io`.
 */
field_status field_import(field_store store,
                          field_bytes request,
                          field_buffer *response_out);

/*
 Checks a bundle; needs no store: `{"path","pins"?}` gives
 `{"ok","faults":[{"code","what"}],"records","statements","pins","exported_by","exported_at",..}`. A bundle
 that does not hold is `FIELD_OK` with `"ok":false`. Codes: `STORE.io`, `B.too_large`.
 */
field_status field_verify_bundle(field_bytes request, field_buffer *response_out);

/*
 Makes this store somebody's device with a one-time code: `{"code"}` gives `{"device","user","role"}`.
 The one call here that waits for the network: up to 30 s. Codes: `D.code_wrong`, `D.code_used`,
 `D.code_expired`, `D.code_tries`, `D.code_form`, `D.pin`, `D.enrolled`, `D.offline`.
 */
field_status field_enrol(field_store store, field_bytes request, field_buffer *response_out);

/*
 A new record: `{"kind","body"}` gives `{"id","status","case",..}`. It is on disk when this returns. Kinds
 declared drafted begin as a draft; the others are live at once, and `gaps` says what they still need. On a
 locked store the words go into its sealed box, and `status` is `boxed`: the record is made under the same id when
 the store is unlocked. 1010 (`STORE.box_full`) where 1,000 things wait in the box.
 */
field_status field_record_new(field_store store,
                              field_bytes request,
                              field_buffer *response_out);

/*
 Changes working fields of a draft or a record: `{"id","set":{path:value}}` gives `{"id","status"}`. What
 is sealed is refused (`S.sealed`). On a locked store it goes into the sealed box, as a new record does.
 */
field_status field_record_edit(field_store store, field_bytes request, field_buffer *response_out);

/*
 Keeps what was just typed into a draft: `{"id","set":{path:value}}` gives `{"id","status"}`. On disk when
 this returns, and cheaper than `field_record_edit`: for an app's autosave, at most 2 s after a
 keystroke. It becomes ready to be sent after a pause of 30 s, at 2,000 characters, and when the app goes
 behind.
 */
field_status field_draft_keep(field_store store, field_bytes request, field_buffer *response_out);

/*
 Seals a draft, so that its words never change again: `{"id"}` gives
 `{"id","status":"sealed"|"sealed_incomplete","statement","gaps"}`. What is missing never stops it.
 */
field_status field_record_seal(field_store store, field_bytes request, field_buffer *response_out);

/*
 Adds to a sealed record: `{"id","text"?,"set"?,"reason"}` gives `{"id","status","statement"}`; `set` only
 for paths among the gaps of its seal.
 */
field_status field_record_addendum(field_store store, field_bytes request, field_buffer *response_out);

/*
 A step of a record's life: `{"id","verb","body"?}` gives `{"id","status","gaps"}`, and `proposed` where
 the server has to confirm it.
 */
field_status field_record_do(field_store store, field_bytes request, field_buffer *response_out);

/*
 The whole record with its statements: `{"id","purpose"?}`. That it was read is logged, with the purpose.
 */
field_status field_record_show(field_store store, field_bytes request, field_buffer *response_out);

/*
 Lines of records, newest first: `{"kind"?,"case"?,"open"?,"unsent"?,"limit"?,"before"?}` gives an array.
 A screen asks for as many as it shows, and for the next ones `before` the last of them; without `limit`
 all come.
 */
field_status field_record_list(field_store store, field_bytes request, field_buffer *response_out);

/*
 Full text over what this device holds: `{"text"}` gives lines as in a list, best first.
 */
field_status field_search(field_store store, field_bytes request, field_buffer *response_out);

/*
 How the device and its store are. `unsent` counts records that wait for a receipt, drafts among them
 (`info`). `{}` gives
 `{"device","user","online","unsent":{..},"oldest_unsent_seconds","last_receipt_at","cursor","clock_skew_ms",..}`.
 */
field_status field_status_get(field_store store,
                              field_bytes request,
                              field_buffer *response_out);

/*
 Checks signatures, receipts and hashes of everything held, or of one record: `{"id"?}` gives
 `{"ok","faults"}`.
 */
field_status field_verify(field_store store, field_bytes request, field_buffer *response_out);

/*
 A new record for a store that cannot be opened now, because its key is not to be had before the user is
 authenticated: `config_json` is that of `field_open`, the request that of `field_record_new`, the answer
 `{"id","status":"boxed"}`. The words are sealed into the store's box, on disk when this returns, and no key
 on this device but that of the store opens them; the next `field_open` makes the record, under the same id and
 with the time at which it was said. 1006 (`STORE.locked`) where the store was never enrolled and has no box, 1010
 (`STORE.box_full`) where 1,000 things wait in it.
 */
field_status field_box_new(field_bytes config_json,
                           field_bytes request,
                           field_buffer *response_out);

/*
 What is still in the sealed box after the store was opened: `{}` gives `[{"number","id","at","kind","words":
 [{"path","value"}]}]`, the first 100: what the store refused, and of what does not open only that it is there
 (`id` null).
 */
field_status field_box_list(field_store store, field_bytes request, field_buffer *response_out);

/*
 Takes out of the sealed box what somebody has dealt with: `{"number"}` gives `{"number","left"}`. `I.not_found`
 of what is not kept there.
 */
field_status field_box_done(field_store store,
                            field_bytes request,
                            field_buffer *response_out);

/*
 The name of a status as static text: `FIELD_HANDLE`, or a code's name such as `S.sealed`; NULL for
 a number that this version does not know.
 */
const char *field_status_name(field_status status);

/*
 What an app can do about a status, as static text: `ok`, `refused`, `not_found`, `denied`,
 `offline`, `busy`, `damaged`, `internal`, `update`, `locked`, `limit` or `usage`; NULL for a number
 that this version does not know.
 */
const char *field_status_class(field_status status);

/*
 Opens a store, or makes it where there is none. `config_json` is `{"path","server"?,"now"?,
 "locale"?}`; `store_key` is 32 bytes from the platform's keystore; with `signer` NULL the library
 makes a P-256 key and keeps it in the encrypted store. On `FIELD_OK` the handle is written to
 `store_out` and the signer, if there is one, is the library's until it calls `release`; on failure
 the signer stays the app's, `store_out` is 0 and `error_out` (which may be NULL) holds
 `{"error":{..}}`. Codes: `STORE.in_use`, `STORE.key`, `STORE.damaged` (the files were moved aside and
 kept), `STORE.newer`, `STORE.full`, `STORE.io`; `I.value` for a key that has not 32 bytes or a
 `struct_size` that is too small, `FIELD_SIGNER_BAD` for a public key that is none. Blocks on the disk:
 some 10 ms.
 */
field_status field_open(field_bytes config_json,
                        field_bytes store_key,
                        const field_signer *signer,
                        field_store *store_out,
                        field_buffer *error_out);

/*
 Closes a store for good: wakes whoever waits for an event, ends the network side and wipes the keys.
 Returns within 5 s; a call of the signer that has not come back by then is left to itself. Closing
 twice answers `FIELD_CLOSED`.
 */
field_status field_close(field_store store);

/*
 Before the system freezes the app: ends transactions, closes the file, and leaves no thread of the
 library running. Until `field_resume` every call that needs the file answers 1007
 (`STORE.suspended`); events are kept. 1009 (`STORE.waiting`) when something that was under way (a call of
 the signer, the end of a session) has not come back within 4.5 s: the file closes when it has, and this
 can be asked again.
 */
field_status field_suspend(field_store store);

/*
 Opens the file again after `field_suspend`, and goes on syncing if that was wanted; 1009 while what was
 under way then has not come back. Harmless on an open store; a locked one stays locked (1006) and needs `field_unlock` alone.
 */
field_status field_resume(field_store store);

/*
 What the app's life came to: 0 it is in front (the server is looked for at once), 1 it is behind
 (what was typed into drafts is made ready to be sent; 6 when the device's key is locked, and nothing is
 lost by that), 2 it is locked (the store's key is dropped:
 every call that needs it answers 1006, `STORE.locked`, until `field_unlock`). Any other number is 1502.
 */
field_status field_lifecycle(field_store store, int32_t state);

/*
 Opens a locked store with its key; another key answers 1003 (`STORE.key`) and it stays locked.
 */
field_status field_unlock(field_store store, field_bytes store_key);

/*
 Changes the store's key: `{"rekeyed":true}`. A crash in between leaves a store that opens with one
 of the two, so keep the old key until this has answered.
 */
field_status field_rekey(field_store store, field_bytes new_store_key, field_buffer *response_out);

/*
 Stays in sync from now on: connects whenever there is coverage, through suspensions too. Returns at
 once; before enrolment it begins with it.
 */
field_status field_sync_start(field_store store);

/*
 Ends staying in sync. Waits until the session has ended in order, at most 4.5 s (1009 if it has not).
 */
field_status field_sync_stop(field_store store);

/*
 One sync for a background task, within `budget_ms`: most urgent first, and each batch that the server
 has receipted stays so. Gives `{"sent","received","receipts","rejected","sent_order","bytes_out",
 "bytes_in","round_trips","elapsed_ms","more"}`; `FIELD_MORE_WORK` when `more` is true,
 `FIELD_NO_NETWORK` when no server was reached (nothing is lost, everything waits), 1214 (`W.sessions`)
 while another such call is under way.
 */
field_status field_sync_once(field_store store, uint32_t budget_ms, field_buffer *response_out);

/*
 The network came, went or changed, as NWPathMonitor or ConnectivityManager tells:
 `{"available","metered"?,"interface"?}`. Returns at once; the old socket is not waited for. While
 nothing is available, `field_sync_once` answers `FIELD_NO_NETWORK` without trying.
 */
field_status field_network_changed(field_store store, field_bytes state_json);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* The codes that a status from 1000 on stands for, by what an app can do about them. */

/* busy */
#define FIELD_STORE_IN_USE 1002
#define FIELD_STORE_WAITING 1009
#define FIELD_D_SIGNER_TIMEOUT 1115
#define FIELD_W_SESSIONS 1214
#define FIELD_W_RATE 1215
#define FIELD_W_MEDIA_TAKEN_OVER 1226
#define FIELD_A_IN_USE 1603

/* damaged */
#define FIELD_STORE_DAMAGED 1001
#define FIELD_W_DIGEST 1213
#define FIELD_A_DAMAGED 1604
#define FIELD_A_DOCUMENT 1610
#define FIELD_B_FORM 1700
#define FIELD_B_SERVER_KEY 1703
#define FIELD_B_DIRECTORY 1704
#define FIELD_B_KEYS 1705
#define FIELD_B_SEAL 1706
#define FIELD_B_RECORD 1707
#define FIELD_B_CHANGE 1708
#define FIELD_B_SIGNATURE 1709
#define FIELD_B_SHOWN 1710
#define FIELD_B_STATEMENTS 1711
#define FIELD_B_RECEIPT 1712
#define FIELD_B_READS 1713
#define FIELD_B_DELIVERY 1714
#define FIELD_R80_DAMAGED 18002

/* denied */
#define FIELD_STORE_KEY 1003
#define FIELD_D_REVOKED 1100
#define FIELD_D_UNKNOWN 1101
#define FIELD_D_CODE_WRONG 1105
#define FIELD_D_CODE_USED 1106
#define FIELD_D_CODE_EXPIRED 1107
#define FIELD_D_CODE_TRIES 1108
#define FIELD_D_PIN 1109
#define FIELD_D_USER_INACTIVE 1113
#define FIELD_D_ROLE 1114
#define FIELD_W_MEDIA_DENIED 1223
#define FIELD_S_AUTHOR 1407
#define FIELD_S_ROLE 1408
#define FIELD_S_COMPARTMENT 1409
#define FIELD_S_OWNER 1413
#define FIELD_S_MEMBER 1414
#define FIELD_I_DENIED 1512
#define FIELD_B_PIN 1702
#define FIELD_I_CREATE 1515
#define FIELD_R110_LOCKED 21000

/* internal */
#define FIELD_STORE_IO 1005
#define FIELD_D_SIGNER 1112
#define FIELD_A_IO 1605

/* limit */
#define FIELD_STORE_FULL 1000
#define FIELD_STORE_BOX_FULL 1010
#define FIELD_W_TOO_LARGE 1201
#define FIELD_W_QUARANTINE_FULL 1216
#define FIELD_W_MEDIA_SIZE 1220
#define FIELD_W_MEDIA_FULL 1225
#define FIELD_C_SIZE 1300
#define FIELD_C_OPS 1303
#define FIELD_C_PREDS 1304
#define FIELD_C_VALUES 1305
#define FIELD_C_KEYS 1306
#define FIELD_C_PUSH_BUDGET 1327
#define FIELD_I_TOO_LARGE 1506
#define FIELD_B_TOO_LARGE 1701
#define FIELD_B_CARRIED_FULL 1716
#define FIELD_R80_TOO_LARGE 18000
#define FIELD_R80_TOO_MANY 18001

/* locked */
#define FIELD_STORE_LOCKED 1006
#define FIELD_STORE_SUSPENDED 1007
#define FIELD_STORE_CLOSED 1008
#define FIELD_D_KEY_LOCKED 1111

/* not_found */
#define FIELD_W_MEDIA_MISSING 1224
#define FIELD_I_NOT_FOUND 1505
#define FIELD_A_NOT_FOUND 1601
#define FIELD_A_NOT_INITIALISED 1609

/* offline */
#define FIELD_D_OFFLINE 1110
#define FIELD_W_TIMEOUT 1217
#define FIELD_W_SHUTDOWN 1218

/* refused */
#define FIELD_D_NOT_ENROLLED 1102
#define FIELD_D_ENROLLED 1103
#define FIELD_D_CODE_FORM 1104
#define FIELD_D_RELAY_KEY 1116
#define FIELD_W_MALFORMED 1200
#define FIELD_W_UNEXPECTED 1203
#define FIELD_W_FRAME_ORDER 1204
#define FIELD_W_FRAME_CHAIN 1205
#define FIELD_W_FRAME_CHANGED 1206
#define FIELD_W_FRAME_SIGNATURE 1207
#define FIELD_W_FRAME_CONTENT 1208
#define FIELD_W_PAGE_SIGNATURE 1209
#define FIELD_W_PAGE_ORDER 1210
#define FIELD_W_RECEIPT 1211
#define FIELD_W_EPOCH 1212
#define FIELD_W_AHEAD 1219
#define FIELD_W_ERASED 1240
#define FIELD_W_MEDIA_OFFSET 1221
#define FIELD_W_MEDIA_HASH 1222
#define FIELD_W_RELAY_SEALED 1227
#define FIELD_C_CHUNK 1301
#define FIELD_C_COLUMNS 1302
#define FIELD_C_ROWS 1307
#define FIELD_C_ACTOR 1308
#define FIELD_C_RANGE 1309
#define FIELD_C_CHECKSUM 1310
#define FIELD_C_CANONICAL 1311
#define FIELD_C_HEADER 1312
#define FIELD_C_DEPS 1313
#define FIELD_C_SEQ 1314
#define FIELD_C_START_OP 1315
#define FIELD_C_EQUIVOCATION 1316
#define FIELD_C_OP 1317
#define FIELD_C_KEY 1318
#define FIELD_C_VALUE 1319
#define FIELD_C_PRED 1320
#define FIELD_C_TEMPLATE 1321
#define FIELD_C_CREATED 1322
#define FIELD_C_RESOLVE 1323
#define FIELD_C_REPEATED_KEY 1324
#define FIELD_C_HASH 1325
#define FIELD_C_DEPENDS_ON_REFUSED 1326
#define FIELD_C_FOREIGN_ACTOR 1328
#define FIELD_S_FORM 1400
#define FIELD_S_SIGNATURE 1401
#define FIELD_S_KEY 1402
#define FIELD_S_RECORD 1403
#define FIELD_S_ACTOR 1404
#define FIELD_S_SEEN 1405
#define FIELD_S_SHAPE 1406
#define FIELD_S_TWINS 1410
#define FIELD_S_UNKNOWN_KIND 1411
#define FIELD_S_SEALED 1412
#define FIELD_I_JSON 1500
#define FIELD_I_FIELD 1501
#define FIELD_I_VALUE 1502
#define FIELD_I_KIND 1503
#define FIELD_I_VERB 1504
#define FIELD_I_DRAFT 1507
#define FIELD_I_STATE 1508
#define FIELD_I_USAGE 1509
#define FIELD_I_REASON 1510
#define FIELD_I_PATH 1511
#define FIELD_A_EXISTS 1600
#define FIELD_A_ID 1602
#define FIELD_A_CONFIG 1606
#define FIELD_A_CLOCK 1607
#define FIELD_A_SCHOOL 1608
#define FIELD_B_READER 1715
#define FIELD_R2_BLANK 10200
#define FIELD_R3_BASIS 10300
#define FIELD_R5_WHO_PRESENT 10500
#define FIELD_R5_SEEN_ALONE 10501
#define FIELD_R5_SETTING 10502
#define FIELD_R5_QUESTIONS 10503
#define FIELD_R5_HOW_RECORDED 10504
#define FIELD_R6_SAFE_NOW 10600
#define FIELD_R6_MEDICAL_NEED 10601
#define FIELD_R6_FIRST_EVIDENCE 10602
#define FIELD_R4_DELAY 10400
#define FIELD_R53_EVIDENCE 15300
#define FIELD_R54_NOT_TOLD 15400
#define FIELD_R69_OPEN_ITEMS 16900
#define FIELD_R93_CLOSED_UNSEEN 19300
#define FIELD_R93_CONCURRENT_STEPS 19301
#define FIELD_R93_CONFLICT 19302
#define FIELD_I_REQUIRED 1513
#define FIELD_I_LOWER 1514
#define FIELD_R3_TWICE 10301
#define FIELD_R54_NOT_SEEN 15401
#define FIELD_R54_UNKNOWN_HERE 15402
#define FIELD_R93_UNKNOWN_HERE 19303
#define FIELD_R72_INSPECTOR 17200
#define FIELD_R16_UNASSIGNED 11600
#define FIELD_R19_UNACCEPTED 11900
#define FIELD_R107_NOT_ATTENDED 20700
#define FIELD_R49_CONFIRM 14900
#define FIELD_R50_UNANSWERED 15000
#define FIELD_R50_DECLINED 15001
#define FIELD_R52_NOT_INTACT 15200
#define FIELD_R52_NOT_ACCEPTED 15201
#define FIELD_R53_NOT_ARRIVED 15301
#define FIELD_R57_FURTHER_CONCERN 15700
#define FIELD_R36_REFERENCE 13600
#define FIELD_R9_UNSEALED 10900
#define FIELD_R23_NOT_SENT 12300
#define FIELD_R81_LANGUAGE 18100
#define FIELD_R109_ASKED_AGAIN 20900
#define FIELD_R25_DOB 12500
#define FIELD_R26_UNDER_THIRTEEN 12600
#define FIELD_R26_CONSENT 12601
#define FIELD_R26_HUB_REPLY 12602
#define FIELD_R26_UNKNOWN_HERE 12603
#define FIELD_R27_CONSENT 12700
#define FIELD_R28_ASSESS 12800
#define FIELD_R28_LOWER 12801
#define FIELD_R29_DENIAL 12900
#define FIELD_R30_UNACKNOWLEDGED 13000
#define FIELD_R31_FLAGS_READ 13100
#define FIELD_R32_ADJUSTMENT 13200
#define FIELD_R34_SPECIAL_MEASURES 13400
#define FIELD_R112_SOURCE 21200
#define FIELD_R112_RUMOUR 21201
#define FIELD_R112_REVIEW 21202
#define FIELD_R122_CHILD_LINE 22200
#define FIELD_R35_NOT_DONE 13500
#define FIELD_R38_FIELD 13800
#define FIELD_R38_ENDORSEMENT 13801
#define FIELD_R39_POSITIVE_ACTION 13900
#define FIELD_R40_ACCESS 14000
#define FIELD_R41_STALE 14100
#define FIELD_R42_CHILD 14200
#define FIELD_R43_ITEM 14300
#define FIELD_R44_CONCERN_ITEM 14400
#define FIELD_R44_ATTENDED 14401
#define FIELD_R44_HOUSEHOLD 14402
#define FIELD_R44_CHILD 14403
#define FIELD_R44_REFERRAL 14404
#define FIELD_R44_RISK_CHILD 14405
#define FIELD_R44_CHECKLIST 14406
#define FIELD_R44_REPORTER 14407
#define FIELD_R44_PERSON 14408
#define FIELD_R44_CHECK 14409
#define FIELD_R44_RISK 14410
#define FIELD_R45_CLERICAL 14500
#define FIELD_R45_NOT_OWNER 14501
#define FIELD_R46_LEFT_TO_FAMILY 14600
#define FIELD_R48_MOTIVE 14800
#define FIELD_R104_AWAITS 20400
#define FIELD_R104_REVIEW 20401
#define FIELD_R104_NO_PLAN 20402
#define FIELD_R104_DEVICE 20403
#define FIELD_R105_ALONE 20500
#define FIELD_R105_UNCONFIRMED 20501
#define FIELD_R106_SUBMISSION 20600
#define FIELD_R113_NOT_TO_KNOW 21300
#define FIELD_R12_SAME_NUMBER 11200
#define FIELD_R13_POSSIBLE_MATCH 11300
#define FIELD_R14_REVIEW 11400
#define FIELD_R14_UNREAD 11401
#define FIELD_R20_GROUPED 12000
#define FIELD_R21_UNASSESSED 12100
#define FIELD_R22_MISSING 12200
#define FIELD_R22_RETURN 12201
#define FIELD_R56_NEXT_DATE 15600
#define FIELD_R58_UNDECIDED 15800
#define FIELD_R59_NOT_IMMEDIATE 15900
#define FIELD_R60_UNDECIDED 16000
#define FIELD_R60_NOT_MADE 16001
#define FIELD_R61_REFERRED 16100
#define FIELD_R63_CONTEXT 16300
#define FIELD_R64_CONSULTED 16400
#define FIELD_R65_CHALLENGED 16500
#define FIELD_R65_INSPECTOR 16501
#define FIELD_R66_ABSENT 16600
#define FIELD_R67_PACK 16700
#define FIELD_R68_NOT_ACCEPTED 16800
#define FIELD_R68_NOT_LISTED 16801
#define FIELD_R68_NOT_NAMED 16802
#define FIELD_R70_UNACKNOWLEDGED 17000
#define FIELD_R76_COVER 17600
#define FIELD_R47_REPORTER_NAMED 14700
#define FIELD_R114_CHILD_WITNESS 21400
#define FIELD_R96_HELD 19600
#define FIELD_R96_ERASED 19601
#define FIELD_R71_DATE 17100
#define FIELD_R73_NO_UPDATE 17300
#define FIELD_R77_OLD 17700
#define FIELD_R79_NO_CONTACT 17900
#define FIELD_R84_FEEDBACK 18400
#define FIELD_R85_ETHNICITY 18500
#define FIELD_R85_IC_CODE 18501
#define FIELD_R102_INVOLVED 20200
#define FIELD_R102_INSPECTOR 20201
#define FIELD_R103_ENDED 20300
#define FIELD_R118_HELP 21800
#define FIELD_R123_NO_TIME 22300
#define FIELD_R123_PASSED 22301
#define FIELD_R124_WORRY 22400
#define FIELD_R125_CHILD_TOLD 22500
#define FIELD_R101_UNANSWERED 20100
#define FIELD_R9_AUTHOR_ACTIVE 10950
#define FIELD_R9_SEALED 10951
#define FIELD_R9_RELEASE 10952
#define FIELD_R110_FLAGGED 21001
#define FIELD_A_POLICY 1620
#define FIELD_A_POLICY_NAME 1621
#define FIELD_A_POLICY_TYPE 1622
#define FIELD_A_POLICY_RANGE 1623
#define FIELD_R60_MARF 16002
#define FIELD_R37_UNLINKED 13700
#define FIELD_R78_SAMPLE 17800
#define FIELD_R82_TRAINING 18200
#define FIELD_R89_ENDED 18900
#define FIELD_R46_NOT_CONTACTED 14601
#define FIELD_R46_NOT_CONSIDERED 14602
#define FIELD_R40_HIGH_SUGGESTED 14001
#define FIELD_R47_UNKNOWN_HERE 14701
#define FIELD_R113_NOT_TOLD 21301
#define FIELD_R72_PLAN 17201
#define FIELD_R88_NOT_RELEASED 18800
#define FIELD_R88_PART 18801
#define FIELD_R88_OTHER_PART 18802
#define FIELD_R88_SCHOOL 18803
#define FIELD_R60_UNANSWERED 16003
#define FIELD_R60_WRITTEN 16004
#define FIELD_R21_NOT_REACHED 12101
#define FIELD_R83_TENURE 18300
#define FIELD_R96_KEPT 19602
#define FIELD_R77_CONTACT 17701
#define FIELD_R88_RECIPIENT 18804

/* update */
#define FIELD_STORE_NEWER 1004
#define FIELD_W_VERSION 1202

#endif  /* FIRSTHAND_FIELD_H */
