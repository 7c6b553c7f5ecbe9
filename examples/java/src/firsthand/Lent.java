package firsthand;

import com.sun.jna.Memory;

/**
 * Bytes lent to the library for one call. They are wiped afterwards: requests hold what a child said, and
 * others hold keys.
 */
final class Lent implements AutoCloseable {
    private final Memory memory;
    final Libfield.Bytes bytes = new Libfield.Bytes();

    Lent(byte[] source) {
        // There is no memory of length 0; NULL is allowed then.
        memory = source.length == 0 ? null : new Memory(source.length);
        if (memory != null) {
            memory.write(0, source, 0, source.length);
        }
        bytes.data = memory;
        bytes.len = new Libfield.Size(source.length);
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.clear();
            memory.close();
        }
    }
}
