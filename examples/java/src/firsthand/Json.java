package firsthand;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * As much JSON as the library speaks: maps, lists, texts, numbers, booleans and null. An Android app has
 * org.json; this is here so that the example needs nothing.
 */
public final class Json {
    /** Deeper than any answer of the library's. */
    private static final int LEVELS_MAX = 64;

    private final String text;
    private int place;

    private Json(String text) {
        this.text = text;
    }

    /** Reads one value. */
    public static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.space();
        if (json.place != text.length()) {
            throw json.wrong();
        }
        return value;
    }

    /** Writes one value. */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    /** A value that is an object. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    /** A value that is a list. */
    @SuppressWarnings("unchecked")
    public static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    private Object value(int level) {
        if (level > LEVELS_MAX) {
            throw wrong();
        }
        space();
        return switch (peek()) {
            case '{' -> object(level);
            case '[' -> list(level);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object(int level) {
        Map<String, Object> fields = new LinkedHashMap<>();
        take('{');
        if (ends('}')) {
            return fields;
        }
        do {
            space();
            String name = string();
            space();
            take(':');
            fields.put(name, value(level + 1));
        } while (goesOn('}'));
        return fields;
    }

    private List<Object> list(int level) {
        List<Object> elements = new ArrayList<>();
        take('[');
        if (ends(']')) {
            return elements;
        }
        do {
            elements.add(value(level + 1));
        } while (goesOn(']'));
        return elements;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        take('"');
        while (peek() != '"') {
            char next = text.charAt(place++);
            out.append(next == '\\' ? escaped() : next);
        }
        take('"');
        return out.toString();
    }

    private char escaped() {
        char next = peek();
        place++;
        return switch (next) {
            case '"', '\\', '/' -> next;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unit();
            default -> throw wrong();
        };
    }

    /** A UTF-16 unit; a pair of them stands side by side here as in a String. */
    private char unit() {
        if (place + 4 > text.length()) {
            throw wrong();
        }
        place += 4;
        return (char) Integer.parseInt(text.substring(place - 4, place), 16);
    }

    private Object number() {
        int begin = place;
        while (place < text.length() && "+-.0123456789eE".indexOf(text.charAt(place)) >= 0) {
            place++;
        }
        String digits = text.substring(begin, place);
        try {
            return digits.matches("-?\\d{1,18}") ? (Object) Long.valueOf(digits) : Double.valueOf(digits);
        } catch (NumberFormatException none) {
            throw wrong();
        }
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, place)) {
            throw wrong();
        }
        place += word.length();
        return value;
    }

    private boolean ends(char close) {
        space();
        if (peek() != close) {
            return false;
        }
        place++;
        return true;
    }

    private boolean goesOn(char close) {
        if (ends(close)) {
            return false;
        }
        take(',');
        return true;
    }

    private void space() {
        while (place < text.length() && " \t\r\n".indexOf(text.charAt(place)) >= 0) {
            place++;
        }
    }

    private char peek() {
        if (place >= text.length()) {
            throw wrong();
        }
        return text.charAt(place);
    }

    private void take(char wanted) {
        if (peek() != wanted) {
            throw wrong();
        }
        place++;
    }

    /** Says where and not what: it may be words of a record. */
    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("no JSON at character " + place);
    }

    private static void write(StringBuilder out, Object value) {
        if (value instanceof Map<?, ?> fields) {
            String between = "{";
            for (Map.Entry<?, ?> field : fields.entrySet()) {
                out.append(between);
                quote(out, (String) field.getKey());
                write(out.append(':'), field.getValue());
                between = ",";
            }
            out.append(fields.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> elements) {
            String between = "[";
            for (Object element : elements) {
                write(out.append(between), element);
                between = ",";
            }
            out.append(elements.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            quote(out, string);
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            throw new IllegalArgumentException("JSON has no " + value.getClass());
        }
    }

    private static void quote(StringBuilder out, String string) {
        out.append('"');
        for (int i = 0; i < string.length(); i++) {
            char unit = string.charAt(i);
            if (unit == '"' || unit == '\\') {
                out.append('\\').append(unit);
            } else if (unit < ' ') {
                out.append(String.format("\\u%04x", (int) unit));
            } else {
                out.append(unit);
            }
        }
        out.append('"');
    }
}
