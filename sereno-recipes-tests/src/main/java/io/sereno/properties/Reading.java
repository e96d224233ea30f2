package io.sereno.properties;

import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.TopicListener;
import java.util.ArrayList;
import java.util.List;

/**
 * TOP-3: a reader is given each message after its starting point once, or a gap in its place, in the order of offsets. Safe for use by multiple
 * threads.
 */
public class Reading<T> extends Property implements TopicListener<T> {
    private long next = 1;
    private final List<Gap> gaps = new ArrayList<>();

    /** Reads again, from this offset on. */
    public final synchronized void begin(long offset) {
        next = offset;
    }

    @Override
    public void onMessage(Message<T> message) {
        given(message.offset(), message.offset(), List.of());
    }

    @Override
    public void onGap(Gap gap) {
        given(gap.firstOffset(), gap.lastOffset(), List.of(gap));
    }

    private synchronized void given(long first, long last, List<Gap> gap) {
        expect(first == next, () -> "a reader was given offset " + first + ", and " + next + " was expected");
        next = last + 1;
        gaps.addAll(gap);
    }

    /** The offset that is expected next. */
    public final synchronized long next() {
        return next;
    }

    /** The gaps so far. */
    public final synchronized List<Gap> gaps() {
        return List.copyOf(gaps);
    }
}
