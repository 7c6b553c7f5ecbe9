package firsthand;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A refusal, as the library words it. Show the message; decide by {@link #kind()}; report {@link #code()}. */
public final class FieldException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final String kind;
    private final transient List<Map<String, Object>> gaps;

    /** From a status and what the call left in its buffer: {@code {"error":{..}}} or nothing. */
    FieldException(int status, byte[] answer) {
        this(status, told(answer));
    }

    private FieldException(int status, Map<String, Object> told) {
        super(text(told, "message", Status.name(status)));
        this.status = status;
        this.code = text(told, "code", Status.name(status));
        this.kind = text(told, "class", Status.of(status));
        this.gaps = Json.list(told.getOrDefault("gaps", List.of())).stream().map(Json::object).toList();
    }

    /** The number: one of {@link Status}, from 1000 on a code's. */
    public int status() {
        return status;
    }

    /** The permanent name, such as {@code STORE.in_use}. */
    public String code() {
        return code;
    }

    /** What an app can do about it: the class, such as {@code locked}, {@code busy} or {@code refused}. */
    public String kind() {
        return kind;
    }

    /** What is still missing, by code and path. */
    public List<Map<String, Object>> gaps() {
        return gaps == null ? List.of() : gaps;
    }

    private static Map<String, Object> told(byte[] answer) {
        if (answer.length == 0) {
            return Map.of();
        }
        Map<String, Object> whole = Json.object(Json.read(new String(answer, StandardCharsets.UTF_8)));
        return Json.object(whole.getOrDefault("error", Map.of()));
    }

    private static String text(Map<String, Object> told, String name, String otherwise) {
        return told.get(name) instanceof String text ? text : otherwise;
    }
}
