package story;

import firsthand.DeviceKey;
import firsthand.Field;
import firsthand.FieldException;
import firsthand.KeystoreKey;
import firsthand.LockableKey;
import firsthand.TokenKey;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What happens to an officer's work when the device key is locked, slow, or not there.
 * {@code KeyStory STORE_FOLDER ENROLMENT_CODE}; steps and words as in {@link Story}. With DEVICE_KEY_TOKEN in
 * the environment, a configuration of SunPKCS11, the key is on that token.
 */
public final class KeyStory {
    private KeyStory() {}

    /** A key on a bad day. */
    private static final class Troubled implements DeviceKey {
        private final LockableKey key;
        private final AtomicBoolean locksAfterNext = new AtomicBoolean();
        private volatile long takesMs;

        Troubled(LockableKey key) {
            this.key = key;
        }

        @Override
        public byte[] publicKey() {
            return key.publicKey();
        }

        @Override
        public byte[] sign(byte[] message) throws KeyLocked, GeneralSecurityException {
            try {
                TimeUnit.MILLISECONDS.sleep(takesMs);
            } catch (InterruptedException stopped) {
                throw new GeneralSecurityException(stopped);
            }
            byte[] signature = key.sign(message);
            if (locksAfterNext.getAndSet(false)) {
                key.lock();
            }
            return signature;
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: KeyStory STORE_FOLDER ENROLMENT_CODE");
            System.exit(2);
        }
        byte[] storeKey = new byte[32];
        new SecureRandom().nextBytes(storeKey);
        char[] password = Story.password();
        Troubled key = new Troubled(key(arguments[0], password));
        try (Field field = Field.open(arguments[0], storeKey, key)) {
            Ear ear = new Ear(field);
            Map<String, Object> who = field.enrol(arguments[1]);
            field.syncStart();
            ear.wait("the server", event -> "online".equals(event.name()));
            Said.step("enrolled", "user", who.get("user"), "device", who.get("device"),
                    "public_key", Base64.getEncoder().encodeToString(key.publicKey()));
            locked(field, ear, key, password);
            slow(field, ear, key);
        }
        strangers(arguments[0], storeKey, password);
        Said.step("closed");
    }

    private static LockableKey key(String folder, char[] password) throws Exception {
        String token = System.getenv("DEVICE_KEY_TOKEN");
        return token == null
                ? KeystoreKey.of(Path.of(folder + ".p12"), password)
                : TokenKey.of(Path.of(token), Path.of(folder + ".cer"), password);
    }

    private static void locked(Field field, Ear ear, Troubled key, char[] password) throws Exception {
        Said.hear("lock");
        key.locksAfterNext.set(true);
        Map<String, Object> before = field.recordNew("action", Bodies.request("written before the key was locked"));
        ear.wait("a pause", event -> "offline".equals(event.name()) && "D.key_locked".equals(event.code()));
        Map<String, Object> state = field.statusGet();
        Said.step("paused", "online", state.get("online"), "why", state.get("offline_code"),
                "unsent", state.get("unsent"));

        Map<String, Object> written = field.recordNew("disclosure", Bodies.account("He said not to tell."));
        String draft = (String) written.get("id");
        field.draftKeep(draft, Map.of("reassured", Map.of("not_done", "the bell rang")));
        Said.step("draft", "id", draft, "shown", field.recordShow(draft, null));
        Map<String, Object> request = Bodies.request("written while the key was locked");
        FieldException made = refusal(() -> field.recordNew("action", request));
        FieldException sealed = refusal(() -> field.recordSeal(draft));
        Said.step("refused", "new", made.status(), "seal", sealed.status(), "class", made.kind(), "code", made.code(),
                "held", field.recordList(Map.of()).size());

        Said.hear("unlock");
        key.key.unlock(password);
        field.lifecycle(Field.Life.FOREGROUND);
        ear.wait("the server", event -> "online".equals(event.name()));
        Said.step("sent", "statement", ear.receipt((String) before.get("statement")).statement());
        // The officer puts the phone away: what was typed goes to the officer's other devices.
        field.lifecycle(Field.Life.BACKGROUND);
        Said.step("put_away");
        Said.hear("drafted");
        field.lifecycle(Field.Life.FOREGROUND);
        String again = (String) field.recordNew("action", request).get("statement");
        String statement = (String) field.recordSeal(draft).get("statement");
        ear.receipt(again);
        Said.step("sealed", "statement", ear.receipt(statement).statement());
    }

    private static void slow(Field field, Ear ear, Troubled key) throws Exception {
        Said.hear("slow");
        key.takesMs = 2_000;
        field.networkChanged(true, false, "wifi");
        ear.wait("the server", event -> "online".equals(event.name()));
        String statement = (String) field.recordNew("action", Bodies.request("signed slowly")).get("statement");
        Said.step("signed", "statement", ear.receipt(statement).statement());
        key.takesMs = 0;
    }

    /** The store without its key, and with somebody else's: nothing in it can sign. */
    private static void strangers(String folder, byte[] storeKey, char[] password) throws Exception {
        FieldException none;
        FieldException other;
        try (Field field = Field.open(folder, storeKey)) {
            none = refusal(() -> field.recordNew("action", Bodies.request("signed by nobody")));
        }
        KeystoreKey another = KeystoreKey.of(Path.of(folder + ".other.p12"), password);
        try (Field field = Field.open(folder, storeKey, another)) {
            other = refusal(() -> field.recordNew("action", Bodies.request("signed by somebody else")));
        }
        Said.step("strangers", "without", none.status(), "another", other.status());
    }

    private static FieldException refusal(Runnable work) {
        try {
            work.run();
        } catch (FieldException refused) {
            return refused;
        }
        throw new IllegalStateException("it was not refused");
    }
}
