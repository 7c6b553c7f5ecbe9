package firsthand;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.util.List;

/**
 * A device key in a PKCS12 keystore. It is locked until its password was given, and again after
 * {@link #lock()}. The certificate lies beside it, so that whose key it is can be read while it is locked.
 */
public final class KeystoreKey implements DeviceKey {
    private static final String ALIAS = "device";
    /** The certificate is only a wrapper that keystores want around a public key: it never ends. */
    private static final String DAYS = "36500";

    private final Path keystore;
    private final PublicKey publicKey;
    private volatile PrivateKey open;

    private KeystoreKey(Path keystore, PublicKey publicKey) {
        this.keystore = keystore;
        this.publicKey = publicKey;
    }

    /** The key of this file, made now if there is none; unlocked if it was made, else locked. */
    public static KeystoreKey of(Path keystore, char[] password) throws GeneralSecurityException, IOException {
        boolean fresh = !Files.exists(keystore);
        if (fresh) {
            make(keystore, password);
        }
        try (var certificate = Files.newInputStream(beside(keystore))) {
            PublicKey publicKey = CertificateFactory.getInstance("X.509").generateCertificate(certificate).getPublicKey();
            KeystoreKey key = new KeystoreKey(keystore, publicKey);
            if (fresh) {
                key.unlock(password);
            }
            return key;
        }
    }

    /** Opens the key with its password. Another password throws, and it stays locked. */
    public void unlock(char[] password) throws GeneralSecurityException, IOException {
        KeyStore store = load(keystore, password);
        open = (PrivateKey) store.getKey(ALIAS, password);
    }

    /** From now on every signature is refused, until the password is given again. */
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
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(message);
        return signature.sign();
    }

    private static KeyStore load(Path keystore, char[] password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var file = Files.newInputStream(keystore)) {
            store.load(file, password);
        }
        return store;
    }

    /** Java has no public way to make a certificate but its own tool. */
    private static void make(Path keystore, char[] password) throws GeneralSecurityException, IOException {
        ProcessBuilder tool = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-keystore", keystore.toString(), "-storetype", "PKCS12",
                "-storepass:env", "DEVICE_KEY_PASSWORD", "-alias", ALIAS, "-dname", "CN=device",
                "-keyalg", "EC", "-groupname", "secp256r1", "-sigalg", "SHA256withECDSA", "-validity", DAYS));
        tool.environment().put("DEVICE_KEY_PASSWORD", new String(password));
        // Standard output is the app's own.
        tool.redirectErrorStream(true);
        Process made = tool.start();
        String said = new String(made.getInputStream().readAllBytes());
        try {
            if (made.waitFor() != 0) {
                throw new IOException("keytool made no key: " + said);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while a key was made", stopped);
        }
        Files.write(beside(keystore), load(keystore, password).getCertificate(ALIAS).getEncoded());
    }

    private static Path beside(Path keystore) {
        return keystore.resolveSibling(keystore.getFileName() + ".cer");
    }
}
