package firsthand;

/**
 * The statuses below 1000. They are permanent, so they stand here as numbers; from 1000 on a status is
 * the number of a code (proto/codes.md).
 */
public final class Status {
    public static final int OK = 0;
    public static final int CLOSED = 1;
    public static final int TIMEOUT = 2;
    public static final int NULL = 3;
    public static final int HANDLE = 4;
    public static final int UTF8 = 5;
    public static final int KEY_LOCKED = 6;
    public static final int SIGNER_BAD = 7;
    public static final int SIGNER_TIMEOUT = 8;
    public static final int MORE_WORK = 9;
    public static final int NO_NETWORK = 10;
    public static final int PANIC = 11;

    private Status() {}

    /** Its name, such as {@code FIELD_HANDLE} or {@code S.sealed}; null where this library knows none. */
    public static String name(int status) {
        return Libfield.LIBRARY.field_status_name(status);
    }

    /** What an app can do about it, such as {@code locked}; null where this library does not know. */
    public static String of(int status) {
        return Libfield.LIBRARY.field_status_class(status);
    }
}
