package firsthand;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;

/**
 * A device key in a PKCS12 file. The certificate lies beside it, so that whose key it is can be read while
 * it is locked.
 */
public final class KeystoreKey implements LockableKey {
    private final Path keystore;
    private final PublicKey publicKey;
    private final Provider provider;
    private volatile PrivateKey open;

    private KeystoreKey(Path keystore) throws GeneralSecurityException, IOException {
        this.keystore = keystore;
        this.publicKey = Keytool.publicKey(beside(keystore));
        this.provider = Signature.getInstance(Keytool.ALGORITHM).getProvider();
    }

    /** The key of this file, which is made if it is not there; unlocked. */
    public static KeystoreKey of(Path keystore, char[] password) throws GeneralSecurityException, IOException {
        if (!Files.exists(keystore)) {
            Keytool.make(List.of("-storetype", "PKCS12", "-keystore", keystore.toString()), password);
            Keytool.export(load(keystore, password), beside(keystore));
        }
        KeystoreKey key = new KeystoreKey(keystore);
        key.unlock(password);
        return key;
    }

    @Override
    public void unlock(char[] password) throws GeneralSecurityException, IOException {
        open = Keytool.privateKey(load(keystore, password), provider, password, publicKey);
    }

    @Override
    public void lock() {
        open = null;
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
        return Keytool.sign(key, provider, message);
    }

    private static KeyStore load(Path keystore, char[] password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var file = Files.newInputStream(keystore)) {
            store.load(file, password);
        }
        return store;
    }

    private static Path beside(Path keystore) {
        return keystore.resolveSibling(keystore.getFileName() + ".cer");
    }
}
