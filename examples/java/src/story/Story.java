package story;

import firsthand.DeviceKey;
import firsthand.Field;
import firsthand.KeystoreKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;

/**
 * An officer with a handset: enrolled at the station, no signal at the school, signal again, an answer.
 * {@code Story STORE_FOLDER ENROLMENT_CODE}; each step is a line on standard output, and it goes on when
 * it reads a line.
 */
public final class Story {
    private Story() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: Story STORE_FOLDER ENROLMENT_CODE");
            System.exit(2);
        }
        // The store key dies with this program and the store with it. An app keeps it: see the README.
        byte[] storeKey = new byte[32];
        new SecureRandom().nextBytes(storeKey);
        DeviceKey deviceKey = KeystoreKey.of(Path.of(arguments[0] + ".p12"), password());
        try (Field field = Field.open(arguments[0], storeKey, deviceKey)) {
            tell(field, new Ear(field), arguments[1], storeKey);
        }
        Said.step("closed");
    }

    private static void tell(Field field, Ear ear, String code, byte[] storeKey) throws Exception {
        Map<String, Object> who = field.enrol(code);
        field.syncStart();
        Said.step("enrolled", "user", who.get("user"), "device", who.get("device"));

        Said.hear("offline");
        String account = (String) field.recordNew("disclosure", Bodies.account("I don't want to go back.")).get("id");
        // What is missing is listed beside the seal and blocks nothing.
        Map<String, Object> sealed = field.recordSeal(account);
        String statement = (String) sealed.get("statement");
        Said.step("sealed", "id", account, "statement", statement, "status", sealed.get("status"));
        Said.step("waiting", "unsent", field.statusGet().get("unsent"));

        Said.hear("online");
        Said.step("receipt", "statement", ear.receipt(statement).statement());
        Map<String, Object> asked = field.recordNew("action", Bodies.request("Could someone look at the back gate?"));
        String action = (String) asked.get("id");
        ear.receipt((String) asked.get("statement"));
        Said.step("asked", "id", action);

        Said.hear("answered");
        ear.wait("an answer", event -> "record_changed".equals(event.name())
                && action.equals(event.id()) && "accepted".equals(event.status()));
        Said.step("answer", "id", action, "status", field.recordShow(action, null).get("status"));

        // As a phone does with an app: frozen, and back again.
        field.suspend();
        field.resume();
        Said.step("woken", "status", field.recordShow(action, "to see the answer").get("status"));
        lockAndLookBack(field, action, storeKey);
    }

    /** The screen locks in the middle of a talk; afterwards the case is looked at, and taken along. */
    private static void lockAndLookBack(Field field, String action, byte[] storeKey) throws Exception {
        field.lifecycle(Field.Life.LOCKED);
        Map<String, Object> said = field.recordNew("disclosure", Bodies.account("He was there on Sunday, too."));
        expect("boxed".equals(said.get("status")), "a locked device takes words");
        field.unlock(storeKey);
        Object status = field.recordShow((String) said.get("id"), null).get("status");
        expect("draft".equals(status) && field.boxList().isEmpty(), "they are a draft when it is open");
        String inCase = (String) field.recordShow(action, null).get("case");
        expect(field.timeline(inCase, null).stream().anyMatch(line -> action.equals(line.get("record"))),
                "the request is in its case");
        field.prompts();
        field.matches();
        Path bundle = Files.createTempFile("case", ".bundle");
        try {
            field.export(Map.of("case", inCase, "to", bundle.toString(), "purpose", "handed to a colleague"));
            expect(Boolean.TRUE.equals(Field.verifyBundle(bundle.toString(), List.of()).get("ok")),
                    "the bundle proves itself");
        } finally {
            Files.delete(bundle);
        }
    }

    private static void expect(boolean held, String what) {
        if (!held) {
            throw new IllegalStateException("not so: " + what);
        }
    }

    /** A person would type it. */
    static char[] password() {
        String given = System.getenv("DEVICE_KEY_PASSWORD");
        return given == null ? Long.toHexString(new SecureRandom().nextLong()).toCharArray() : given.toCharArray();
    }
}
