package firsthand;

import java.util.Map;

/** Something that happened. Its name is a text and no enum, because a later library may say more. */
public record Event(Map<String, Object> fields) {
    /** record_changed, receipt, delivered, seen, quarantined, erased, online, offline. */
    public String name() {
        return text("event");
    }

    public String id() {
        return text("id");
    }

    /** Where the record stands now. */
    public String status() {
        return text("status");
    }

    /** Why, such as {@code D.key_locked} for an offline; null where there is nothing to say. */
    public String code() {
        return text("code");
    }

    public String statement() {
        return text("statement");
    }

    /** Any other field: {@code at}, {@code kind}, {@code to}. */
    public String text(String field) {
        return fields.get(field) instanceof String text ? text : null;
    }
}
