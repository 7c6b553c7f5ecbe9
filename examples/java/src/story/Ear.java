package story;

import firsthand.Event;
import firsthand.Field;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Listens to a store and waits for what it wants to hear; the rest is kept for later. */
final class Ear {
    /** Far more than anything takes. */
    private static final long PATIENCE_SECONDS = 120;

    private final BlockingQueue<Event> coming = new LinkedBlockingQueue<>();
    private final List<Event> heard = new ArrayList<>();

    Ear(Field field) {
        field.listen(coming::add);
    }

    Event wait(String what, Predicate<Event> wanted) throws InterruptedException {
        for (Iterator<Event> events = heard.iterator(); events.hasNext(); ) {
            Event event = events.next();
            if (wanted.test(event)) {
                events.remove();
                return event;
            }
        }
        while (true) {
            Event event = coming.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new IllegalStateException("waited in vain for " + what + "; heard " + heard);
            }
            if (wanted.test(event)) {
                return event;
            }
            heard.add(event);
        }
    }

    Event receipt(String statement) throws InterruptedException {
        return wait("a receipt", event -> "receipt".equals(event.name()) && statement.equals(event.statement()));
    }
}
