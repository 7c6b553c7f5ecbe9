package firsthand;

import java.io.IOException;
import java.security.GeneralSecurityException;

/** A device key that signs only after its password (a token's PIN) was given. */
public interface LockableKey extends DeviceKey {
    /** Opens the key. Another password throws, and it stays locked. */
    void unlock(char[] password) throws GeneralSecurityException, IOException;

    /** From now on every signature is refused, until the password is given again. */
    void lock();
}
