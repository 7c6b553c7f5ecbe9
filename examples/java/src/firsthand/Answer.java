package firsthand;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What one call came to: its status and what it left in its buffer, which was given back. */
record Answer(int status, byte[] bytes) {
    /** One call with a buffer for its answer. */
    interface Call {
        int into(Libfield.Buffer buffer);
    }

    static Answer of(Call call) {
        Libfield.Buffer buffer = new Libfield.Buffer();
        try {
            int status = call.into(buffer);
            return new Answer(status, buffer.copy());
        } finally {
            Libfield.LIBRARY.field_buffer_free(buffer);
        }
    }

    /** The answer of a call that succeeded, or the refusal as an exception. */
    Answer orThrow() {
        if (status != Status.OK) {
            throw new FieldException(status, bytes);
        }
        return this;
    }

    Object json() {
        return Json.read(new String(bytes, StandardCharsets.UTF_8));
    }

    Map<String, Object> object() {
        return Json.object(json());
    }

    List<Map<String, Object>> lines() {
        return Json.list(json()).stream().map(Json::object).toList();
    }
}
