package story;

import firsthand.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a story and whoever plays it speak: a JSON object a line out, a word a line in. */
final class Said {
    private static final BufferedReader IN =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    private Said() {}

    /** Says that a step was taken; names and values in turn. */
    static void step(String name, Object... pairs) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", name);
        for (int i = 0; i < pairs.length; i += 2) {
            line.put((String) pairs[i], pairs[i + 1]);
        }
        System.out.println(Json.write(line));
        System.out.flush();
    }

    /** Waits to be told this word. */
    static void hear(String word) throws IOException {
        String line = IN.readLine();
        if (!word.equals(line)) {
            throw new IOException("expected " + word);
        }
    }
}
