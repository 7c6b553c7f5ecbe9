package firsthand;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One open store. Any thread may call; calls are short and never wait for the network, except
 * {@link #enrol} and {@link #syncOnce}. Keep them off the main thread all the same: they write to the disk.
 */
public final class Field implements AutoCloseable {
    private static final Libfield LIBRARY = Libfield.LIBRARY;

    /** How long the events' thread waits at a time; closing the store wakes it. */
    private static final int EVENT_WAIT_MS = 60_000;

    // Held for as long as the library may call it: JNA lets go of a callback that nobody holds.
    private static Libfield.Log log;

    private final long store;

    private Field(long store) {
        this.store = store;
    }

    /** One call with the store, a request and a place for the answer: the shape of every record function. */
    private interface RecordCall {
        int call(long store, Libfield.Bytes request, Libfield.Buffer response);
    }

    /** Opens the store of a folder, making it if there is none; the library keeps the device key in it. */
    public static Field open(String path, byte[] storeKey) {
        return open(Map.of("path", path), storeKey, null);
    }

    /** Opens the store of a folder, making it if there is none; the device key lives elsewhere. */
    public static Field open(String path, byte[] storeKey, DeviceKey deviceKey) {
        return open(Map.of("path", path), storeKey, deviceKey);
    }

    /** Opens a store: {@code path}, and {@code server}, {@code now}, {@code locale} where they are wanted. */
    public static Field open(Map<String, Object> config, byte[] storeKey, DeviceKey deviceKey) {
        LongByReference opened = new LongByReference();
        byte[] spki = deviceKey == null ? new byte[0] : deviceKey.publicKey();
        long ticket = deviceKey == null ? 0 : SignerDesk.admit(deviceKey);
        try (Lent request = request(config); Lent key = new Lent(storeKey); Lent publicKey = new Lent(spki)) {
            Libfield.Signing signing = deviceKey == null ? null : SignerDesk.signing(ticket, publicKey.bytes);
            Answer.of(error -> LIBRARY.field_open(request.bytes, key.bytes, signing, opened, error)).orThrow();
            return new Field(opened.getValue());
        } catch (FieldException refused) {
            // After a failure the key is ours: the library will not release it.
            SignerDesk.dismiss(ticket);
            throw refused;
        }
    }

    /** Closes the store; takes at most five seconds. Closing twice is harmless. */
    @Override
    public void close() {
        int status = LIBRARY.field_close(store);
        if (status != Status.CLOSED) {
            check(status);
        }
    }

    /** Trades a one-time code for a place in the directory. Waits for the network. */
    public Map<String, Object> enrol(String code) {
        return ask(LIBRARY::field_enrol, Map.of("code", code)).object();
    }

    /** Begins a record; it is on disk when this returns. */
    public Map<String, Object> recordNew(String kind, Map<String, Object> body) {
        return ask(LIBRARY::field_record_new, Map.of("kind", kind, "body", body)).object();
    }

    /** Changes working fields, by path. */
    public Map<String, Object> recordEdit(String id, Map<String, Object> set) {
        return ask(LIBRARY::field_record_edit, Map.of("id", id, "set", set)).object();
    }

    /** Keeps what was just typed into a draft: for an autosave, at most 2 s after a keystroke. */
    public Map<String, Object> draftKeep(String id, Map<String, Object> set) {
        return ask(LIBRARY::field_draft_keep, Map.of("id", id, "set", set)).object();
    }

    /** Signs what is written. The words cannot be changed afterwards. */
    public Map<String, Object> recordSeal(String id) {
        return ask(LIBRARY::field_record_seal, Map.of("id", id)).object();
    }

    /** Adds to a sealed record: {@code text}, {@code set} or both may be null. */
    public Map<String, Object> recordAddendum(String id, String text, Map<String, Object> set, String reason) {
        return ask(LIBRARY::field_record_addendum, with("text", text, "set", set, "id", id, "reason", reason)).object();
    }

    /** A step of a record, such as {@code accept}. */
    public Map<String, Object> recordDo(String id, String verb, Map<String, Object> body) {
        return ask(LIBRARY::field_record_do, Map.of("id", id, "verb", verb, "body", body)).object();
    }

    /** The record. Logged as a consultation, with its purpose if one is given (null if not). */
    public Map<String, Object> recordShow(String id, String purpose) {
        return ask(LIBRARY::field_record_show, with("id", id, "purpose", purpose)).object();
    }

    /** Lines of records, newest first; by {@code kind}, {@code case}, {@code open}, {@code unsent}. */
    public List<Map<String, Object>> recordList(Map<String, Object> filter) {
        return ask(LIBRARY::field_record_list, filter).lines();
    }

    /** Full text, over what this device holds. */
    public List<Map<String, Object>> search(String text) {
        return ask(LIBRARY::field_search, Map.of("text", text)).lines();
    }

    /** Attaches a file: on this device's disk, encrypted, when it returns; sent after everything else. */
    public Map<String, Object> attachmentAdd(String id, String path, String type) {
        return ask(LIBRARY::field_attachment_add, Map.of("id", id, "path", path, "type", type)).object();
    }

    /** Decrypts an attached file into a file; waits for the network where it is not on this device. */
    public Map<String, Object> attachmentFetch(String id, String sha256, String to) {
        return ask(LIBRARY::field_attachment_fetch, Map.of("id", id, "sha256", sha256, "to", to)).object();
    }

    /** What is unsent, how old it is, whether the server is reached. */
    public Map<String, Object> statusGet() {
        return ask(LIBRARY::field_status_get, Map.of()).object();
    }

    /** Checks signatures, receipts and hashes, of one record or (null) of all. */
    public Map<String, Object> verify(String id) {
        return ask(LIBRARY::field_verify, with("id", id)).object();
    }

    /** What this user owes or is to know now. */
    public List<Map<String, Object>> prompts() {
        return ask(LIBRARY::field_prompts, Map.of()).lines();
    }

    /** Records that may be about the same number, place or person. */
    public List<Map<String, Object>> matches() {
        return ask(LIBRARY::field_matches, Map.of()).lines();
    }

    /** The chronology of a case or of a person: one of the two, the other null. */
    public List<Map<String, Object>> timeline(String caseId, String personId) {
        return ask(LIBRARY::field_timeline, with("case", caseId, "person", personId)).lines();
    }

    /**
     * Writes a bundle that proves itself: {@code case} or {@code record}, {@code to}, and why and for whom. With {@code unsent} and
     * {@code to}: what waits to be sent, sealed for the server, for a colleague's device to carry.
     */
    public Map<String, Object> export(Map<String, Object> request) {
        return ask(LIBRARY::field_export, request).object();
    }

    /** Takes in what a colleague's device wrote with {@code unsent}: the next sync brings it to the server. */
    public Map<String, Object> importUnsent(String path) {
        return ask(LIBRARY::field_import, Map.of("path", path)).object();
    }

    /** Checks a bundle; needs no store. {@code pins} are those that the force publishes, or empty. */
    public static Map<String, Object> verifyBundle(String path, List<String> pins) {
        try (Lent lent = request(with("path", path, "pins", pins.isEmpty() ? null : pins))) {
            return Answer.of(response -> LIBRARY.field_verify_bundle(lent.bytes, response)).orThrow().object();
        }
    }

    /** A new record for a store that cannot be opened now: its words go into the store's sealed box. */
    public static Map<String, Object> boxNew(Map<String, Object> config, String kind, Map<String, Object> body) {
        try (Lent store = request(config); Lent lent = request(Map.of("kind", kind, "body", body))) {
            return Answer.of(response -> LIBRARY.field_box_new(store.bytes, lent.bytes, response)).orThrow().object();
        }
    }

    /** What was said into the sealed box and the store refused. */
    public List<Map<String, Object>> boxList() {
        return ask(LIBRARY::field_box_list, Map.of()).lines();
    }

    /** Takes out of the box what somebody has dealt with. */
    public Map<String, Object> boxDone(long number) {
        return ask(LIBRARY::field_box_done, Map.of("number", number)).object();
    }

    /** Changes the store key. Put the new one into the keystore first, beside the old one. */
    public void rekey(byte[] newStoreKey) {
        try (Lent key = new Lent(newStoreKey)) {
            Answer.of(response -> LIBRARY.field_rekey(store, key.bytes, response)).orThrow();
        }
    }

    /** Stays in sync from now on. Returns at once; no call of the app ever waits for it. */
    public void syncStart() {
        check(LIBRARY.field_sync_start(store));
    }

    /** Stops doing so. */
    public void syncStop() {
        check(LIBRARY.field_sync_stop(store));
    }

    /** How one sync ended; the answer is empty where no server was reached. */
    public record SyncOnce(boolean reached, boolean more, Map<String, Object> answer) {}

    /** One sync within a budget, most urgent first: for a background task. Blocks for up to the budget. */
    public SyncOnce syncOnce(int budgetMs) {
        Answer answer = Answer.of(response -> LIBRARY.field_sync_once(store, budgetMs, response));
        return switch (answer.status()) {
            case Status.OK -> new SyncOnce(true, false, answer.object());
            case Status.MORE_WORK -> new SyncOnce(true, true, answer.object());
            case Status.NO_NETWORK -> new SyncOnce(false, true, Map.of());
            default -> throw new FieldException(answer.status(), answer.bytes());
        };
    }

    /** What ConnectivityManager says; {@code kind} is a word such as "wifi" or "cellular". */
    public void networkChanged(boolean available, boolean metered, String kind) {
        try (Lent state = request(Map.of("available", available, "metered", metered, "interface", kind))) {
            check(LIBRARY.field_network_changed(store, state.bytes));
        }
    }

    /** What the app is doing. */
    public enum Life {
        FOREGROUND,
        BACKGROUND,
        LOCKED
    }

    /** Tells the library what the app is doing. LOCKED drops the store key and closes the file. */
    public void lifecycle(Life life) {
        check(LIBRARY.field_lifecycle(store, life.ordinal()));
    }

    /** Gives the store key back after LOCKED. */
    public void unlock(byte[] storeKey) {
        try (Lent key = new Lent(storeKey)) {
            check(LIBRARY.field_unlock(store, key.bytes));
        }
    }

    /** Before the system freezes the app: no thread of the library runs and no file is open afterwards. */
    public void suspend() {
        check(LIBRARY.field_suspend(store));
    }

    /** After {@link #suspend}, when the app runs again. Staying in sync goes on by itself. */
    public void resume() {
        check(LIBRARY.field_resume(store));
    }

    /** The next event, or null when none came in this time. A store has one queue: fetch it in one place. */
    public Event eventNext(int timeoutMs) {
        Answer answer = Answer.of(event -> LIBRARY.field_event_next(store, timeoutMs, event));
        return answer.status() == Status.TIMEOUT ? null : new Event(answer.orThrow().object());
    }

    /** Hands every event to the listener, on a thread of its own that ends when the store is closed. */
    public Thread listen(Consumer<Event> listener) {
        Thread thread = new Thread(() -> pump(listener), "field-events");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void pump(Consumer<Event> listener) {
        while (true) {
            try {
                Event event = eventNext(EVENT_WAIT_MS);
                if (event != null) {
                    listener.accept(event);
                }
            } catch (FieldException ended) {
                if (ended.status() == Status.CLOSED) {
                    return;
                }
                throw ended;
            }
        }
    }

    /** The library's version. */
    public static String version() {
        return LIBRARY.field_version();
    }

    /** Takes lines about the library's work. */
    public interface Logger {
        /** 1 a fault of the library's, 2 something to look at, 3 what happened, 4 what was refused. */
        void line(int level, String line);
    }

    /** Sends lines about the library's work to the app, from any thread; null ends it. */
    public static synchronized void log(Logger logger) {
        Libfield.Log next = logger == null ? null : (context, level, line) -> logger.line(level, utf8(line.copy()));
        check(LIBRARY.field_set_log_callback(next, Pointer.NULL));
        // Only now nobody calls the one before.
        log = next;
    }

    private Answer ask(RecordCall call, Map<String, Object> request) {
        try (Lent lent = request(request)) {
            return Answer.of(response -> call.call(store, lent.bytes, response)).orThrow();
        }
    }

    private static Lent request(Map<String, Object> request) {
        return new Lent(Json.write(request).getBytes(StandardCharsets.UTF_8));
    }

    /** Names and values in turn; what is null is left out. */
    private static Map<String, Object> with(Object... pairs) {
        Map<String, Object> fields = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i + 1] != null) {
                fields.put((String) pairs[i], pairs[i + 1]);
            }
        }
        return fields;
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void check(int status) {
        if (status != Status.OK) {
            throw new FieldException(status, new byte[0]);
        }
    }
}
