package firsthand;

import java.security.GeneralSecurityException;

/**
 * A device key that lives elsewhere: a keystore, a token, secure hardware. It is called on threads of the
 * library, one call at a time, and given up after 10 seconds: so it must not ask the person anything.
 */
public interface DeviceKey {
    /** P-256 SubjectPublicKeyInfo, DER, 91 bytes: what {@code PublicKey.getEncoded()} gives. */
    byte[] publicKey();

    /** ECDSA over the SHA-256 of the message, DER. */
    byte[] sign(byte[] message) throws KeyLocked, GeneralSecurityException;

    /** The key exists and cannot be used now. A sync pauses, and nothing is lost. */
    final class KeyLocked extends Exception {
        private static final long serialVersionUID = 1;
    }
}
