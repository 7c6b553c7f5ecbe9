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
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;

/** What both kinds of key have in common: how one is made, opened and used. */
final class Keytool {
    static final String ALGORITHM = "SHA256withECDSA";
    private static final String ALIAS = "device";
    /** The certificate is only a wrapper that keystores want around a public key: it never ends. */
    private static final String DAYS = "36500";

    private Keytool() {}

    /** Makes a key with a self-signed certificate: Java has no public way to do so but its own tool. */
    static void make(List<String> where, char[] password) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        words.add("-genkeypair");
        words.addAll(where);
        words.addAll(List.of("-storepass:env", "DEVICE_KEY_PASSWORD", "-alias", ALIAS, "-dname", "CN=device",
                "-keyalg", "EC", "-groupname", "secp256r1", "-sigalg", ALGORITHM, "-validity", DAYS));
        ProcessBuilder tool = new ProcessBuilder(words);
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
    }

    /** Puts the certificate beside a store that shows it only to whoever has the password. */
    static void export(KeyStore store, Path to) throws GeneralSecurityException, IOException {
        Files.write(to, store.getCertificate(ALIAS).getEncoded());
    }

    static PublicKey publicKey(Path certificate) throws GeneralSecurityException, IOException {
        try (var file = Files.newInputStream(certificate)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(file).getPublicKey();
        }
    }

    /**
     * The private half, after one signature that the public half verifies: another key in the same place is
     * found out here. The first signature also loads half of the JVM's cryptography, for which no handshake
     * should have to wait.
     */
    static PrivateKey privateKey(KeyStore store, Provider provider, char[] password, PublicKey publicKey)
            throws GeneralSecurityException {
        PrivateKey key = (PrivateKey) store.getKey(ALIAS, password);
        byte[] message = publicKey.getEncoded();
        Signature check = Signature.getInstance(ALGORITHM);
        check.initVerify(publicKey);
        check.update(message);
        if (key == null || !check.verify(sign(key, provider, message))) {
            throw new GeneralSecurityException("this is not the key of the certificate beside it");
        }
        return key;
    }

    static byte[] sign(PrivateKey key, Provider provider, byte[] message) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(ALGORITHM, provider);
        signature.initSign(key);
        signature.update(message);
        return signature.sign();
    }
}
