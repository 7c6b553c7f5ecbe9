package firsthand;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AuthProvider;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Security;
import java.util.List;

/**
 * A device key on a PKCS#11 token: a smart card, a stick, an HSM. The private half never leaves it, and its
 * PIN is the lock.
 */
public final class TokenKey implements LockableKey {
    private final AuthProvider token;
    private final PublicKey publicKey;
    private volatile PrivateKey open;

    private TokenKey(AuthProvider token, PublicKey publicKey) {
        this.token = token;
        this.publicKey = publicKey;
    }

    /**
     * The key on the token that this configuration of SunPKCS11 names, made there if there is no certificate
     * yet; unlocked.
     */
    public static TokenKey of(Path configuration, Path certificate, char[] pin)
            throws GeneralSecurityException, IOException {
        boolean fresh = !Files.exists(certificate);
        if (fresh) {
            Keytool.make(List.of("-storetype", "PKCS11", "-keystore", "NONE", "-providerClass",
                    "sun.security.pkcs11.SunPKCS11", "-providerArg", configuration.toString()), pin);
        }
        AuthProvider token = (AuthProvider) Security.getProvider("SunPKCS11").configure(configuration.toString());
        if (fresh) {
            Keytool.export(load(token, pin), certificate);
        }
        TokenKey key = new TokenKey(token, Keytool.publicKey(certificate));
        key.unlock(pin);
        return key;
    }

    @Override
    public void unlock(char[] pin) throws GeneralSecurityException, IOException {
        open = Keytool.privateKey(load(token, pin), token, null, publicKey);
    }

    @Override
    public void lock() {
        open = null;
        try {
            token.logout();
        } catch (GeneralSecurityException gone) {
            // A token that was pulled out is locked as well.
        }
    }

    @Override
    public byte[] publicKey() {
        return publicKey.getEncoded();
    }

    @Override
    public byte[] sign(byte[] message) throws KeyLocked, GeneralSecurityException {
        PrivateKey key = open;
        if (key == null) {
            throw new KeyLocked();
        }
        try {
            return Keytool.sign(key, token, message);
        } catch (GeneralSecurityException | ProviderException failed) {
            // It may have been locked, by us or by the token itself, while it was signing.
            if (open == null) {
                throw new KeyLocked();
            }
            throw failed;
        }
    }

    private static KeyStore load(AuthProvider token, char[] pin) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS11", token);
        store.load(null, pin);
        return store;
    }
}
