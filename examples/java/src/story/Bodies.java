package story;

import java.util.List;
import java.util.Map;

/** What the people of the stories write down. */
final class Bodies {
    private Bodies() {}

    static Map<String, Object> account(String words) {
        return Map.of(
                "urgency", "immediate",
                "speaker", Map.of("as_said", "Maisie"),
                "words_verbatim", List.of(Map.of("seq", 1, "speaker", "Maisie", "text", words, "exact", true)),
                "questions_asked",
                List.of(Map.of("seq", 1, "text", "Tell me about the weekend.", "asker", "officer", "kind", "open")),
                "setting", Map.of("type", "school", "place", "wellbeing office", "chosen_by_child", "yes"),
                "seen_alone", "no",
                "how_recorded", "typed_live");
    }

    static Map<String, Object> request(String words) {
        return Map.of(
                "kind", "enquiry",
                "urgency", "standard",
                "requested_by", Map.of("person", "the lead", "org", "Harbour School"),
                "exact_request", words,
                "about", List.of("the school"),
                "due", "2099-01-01T12:00:00Z");
    }
}
