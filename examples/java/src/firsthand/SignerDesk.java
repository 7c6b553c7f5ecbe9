package firsthand;

import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands out keys by number. The library keeps the number as its context, so a call that comes late, after
 * a release or a failed open, finds nothing instead of an object that is gone.
 */
final class SignerDesk {
    private static final Map<Long, DeviceKey> KEYS = new ConcurrentHashMap<>();
    private static final AtomicLong LAST = new AtomicLong();

    // Held for as long as the program runs: JNA lets go of a callback that nobody holds.
    private static final Libfield.Sign SIGN = SignerDesk::sign;
    private static final Libfield.Release RELEASE = context -> dismiss(Pointer.nativeValue(context));

    static {
        // Each signature comes on a new thread of the library, which must be let go of when it ends.
        CallbackThreadInitializer passing = new CallbackThreadInitializer(true, true, "field-signer");
        Native.setCallbackThreadInitializer(SIGN, passing);
        Native.setCallbackThreadInitializer(RELEASE, passing);
    }

    private SignerDesk() {}

    static long admit(DeviceKey key) {
        long ticket = LAST.incrementAndGet();
        KEYS.put(ticket, key);
        return ticket;
    }

    static void dismiss(long ticket) {
        KEYS.remove(ticket);
    }

    /** The struct that field_open takes. The public key is lent until that call returns. */
    static Libfield.Signing signing(long ticket, Libfield.Bytes publicKey) {
        Libfield.Signing signing = new Libfield.Signing();
        signing.structSize = new Libfield.Size(signing.size());
        signing.context = new Pointer(ticket);
        signing.publicKey = publicKey;
        signing.sign = SIGN;
        signing.release = RELEASE;
        return signing;
    }

    private static int sign(Pointer context, Libfield.Bytes message, Pointer signature, Pointer length) {
        DeviceKey key = KEYS.get(Pointer.nativeValue(context));
        if (key == null) {
            return Status.SIGNER_BAD;
        }
        try {
            byte[] der = key.sign(message.copy());
            if (der.length > Libfield.Size.read(length)) {
                return Status.SIGNER_BAD;
            }
            signature.write(0, der, 0, der.length);
            Libfield.Size.write(length, der.length);
            return Status.OK;
        } catch (DeviceKey.KeyLocked locked) {
            return Status.KEY_LOCKED;
        } catch (Exception failed) {
            // Nothing may be thrown into the library.
            return Status.SIGNER_BAD;
        }
    }
}
