package io.sereno.recipes.topic;

import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Events;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The lag of one reader, for the meters: how many messages it has not been given yet. Each change is reported once, whichever thread
 * notices it, so the sum of the reports is right when the threads are done. Does nothing without a meter.
 */
final class TopicLag {
    private final Events events;
    private final String topic;
    private final AtomicLong reported = new AtomicLong();
    private volatile long stored;
    private volatile long given;

    TopicLag(Scope scope) {
        this.events = scope.kernel().events();
        this.topic = scope.name();
    }

    /** The reader reads from this offset on. */
    void begin(long offset) {
        given = offset;
    }

    /** Messages before this offset are known to be stored. */
    void stored(long end) {
        if (events.isMetered()) {
            stored = end;
            report();
        }
    }

    /** The reader was given all messages before this offset. */
    void given(long end) {
        if (events.isMetered()) {
            given = end;
            report();
        }
    }

    /** The reader stops reading, for the time being. */
    void end() {
        stored(0);
    }

    private long lag() {
        return Math.max(0, stored - given);
    }

    private void report() {
        long lag;
        do {
            lag = lag();
            long change = lag - reported.getAndSet(lag);
            if (change != 0) {
                events.lag(topic, change);
            }
        } while (lag != lag()); // Another thread may have reported an older lag meanwhile.
    }
}
