package firsthand;

import com.sun.jna.Callback;
import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.LongByReference;
import java.util.Map;

/** field.h, as JNA reads it. Nothing outside this package sees a pointer. */
interface Libfield extends Library {
    /** Version 1 of the interface is what this wrapper was written for. */
    int ABI_MAJOR = 1;

    Libfield LIBRARY = load();

    private static Libfield load() {
        Libfield library = Native.load("field", Libfield.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
        int major = library.field_abi_version() >>> 16;
        if (major != ABI_MAJOR) {
            throw new UnsatisfiedLinkError("libfield has version " + major + " of its interface, not " + ABI_MAJOR);
        }
        return library;
    }

    int field_abi_version();

    String field_version();

    String field_status_name(int status);

    String field_status_class(int status);

    void field_buffer_free(Buffer buffer);

    int field_set_log_callback(Log log, Pointer context);

    int field_open(Bytes config, Bytes storeKey, Signing signer, LongByReference store, Buffer error);

    int field_close(long store);

    int field_suspend(long store);

    int field_resume(long store);

    int field_lifecycle(long store, int state);

    int field_unlock(long store, Bytes storeKey);

    int field_rekey(long store, Bytes storeKey, Buffer response);

    int field_enrol(long store, Bytes request, Buffer response);

    int field_record_new(long store, Bytes request, Buffer response);

    int field_record_edit(long store, Bytes request, Buffer response);

    int field_draft_keep(long store, Bytes request, Buffer response);

    int field_record_seal(long store, Bytes request, Buffer response);

    int field_record_addendum(long store, Bytes request, Buffer response);

    int field_record_do(long store, Bytes request, Buffer response);

    int field_record_show(long store, Bytes request, Buffer response);

    int field_record_list(long store, Bytes request, Buffer response);

    int field_search(long store, Bytes request, Buffer response);

    int field_attachment_add(long store, Bytes request, Buffer response);

    int field_attachment_fetch(long store, Bytes request, Buffer response);

    int field_status_get(long store, Bytes request, Buffer response);

    int field_verify(long store, Bytes request, Buffer response);

    int field_prompts(long store, Bytes request, Buffer response);

    int field_matches(long store, Bytes request, Buffer response);

    int field_timeline(long store, Bytes request, Buffer response);

    int field_export(long store, Bytes request, Buffer response);

    int field_import(long store, Bytes request, Buffer response);

    int field_verify_bundle(Bytes request, Buffer response);

    int field_box_done(long store, Bytes request, Buffer response);

    int field_box_list(long store, Bytes request, Buffer response);

    int field_box_new(Bytes config, Bytes request, Buffer response);

    int field_sync_start(long store);

    int field_sync_stop(long store);

    int field_sync_once(long store, int budgetMs, Buffer response);

    int field_network_changed(long store, Bytes state);

    int field_event_next(long store, int timeoutMs, Buffer event);

    /** C's size_t, which has another width on 32-bit Android. */
    final class Size extends IntegerType {
        private static final long serialVersionUID = 1;

        public Size() {
            this(0);
        }

        Size(long value) {
            super(Native.SIZE_T_SIZE, value, true);
        }

        static long read(Pointer place) {
            return Native.SIZE_T_SIZE == 8 ? place.getLong(0) : place.getInt(0) & 0xffff_ffffL;
        }

        static void write(Pointer place, long value) {
            if (Native.SIZE_T_SIZE == 8) {
                place.setLong(0, value);
            } else {
                place.setInt(0, (int) value);
            }
        }
    }

    /** field_bytes: ours, lent for one call. */
    @Structure.FieldOrder({"data", "len"})
    final class Bytes extends Structure implements Structure.ByValue {
        public Pointer data;
        public Size len = new Size();

        byte[] copy() {
            return data == null ? new byte[0] : data.getByteArray(0, len.intValue());
        }
    }

    /** field_buffer: the library's, given back after reading. */
    @Structure.FieldOrder({"data", "len"})
    final class Buffer extends Structure {
        public Pointer data;
        public Size len = new Size();

        byte[] copy() {
            return data == null ? new byte[0] : data.getByteArray(0, len.intValue());
        }
    }

    /** field_signer. */
    @Structure.FieldOrder({"structSize", "context", "publicKey", "sign", "release"})
    final class Signing extends Structure {
        public Size structSize = new Size();
        public Pointer context;
        public Bytes publicKey = new Bytes();
        public Sign sign;
        public Release release;
    }

    /** field_sign. */
    interface Sign extends Callback {
        int call(Pointer context, Bytes message, Pointer signature, Pointer length);
    }

    /** field_release. */
    interface Release extends Callback {
        void call(Pointer context);
    }

    /** field_log. */
    interface Log extends Callback {
        void call(Pointer context, int level, Bytes line);
    }
}
