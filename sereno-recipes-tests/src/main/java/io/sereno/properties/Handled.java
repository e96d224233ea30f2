package io.sereno.properties;

import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.TopicListener;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * TOP-9a: under a durable name each message is handled, or reported as missing; the stored position is not after a message that was not handled, and does
 * not go back. For one thread.
 */
public final class Handled extends Property implements TopicListener<String> {
    private final Supplier<List<Entry>> topic;
    /** All messages up to this one were handled; negative before the name has a position. */
    private long handled = -1;

    private long position;

    /**
     * @param topic reads the directory of the topic
     */
    public Handled(Supplier<List<Entry>> topic) {
        this.topic = topic;
    }

    @Override
    public void onMessage(Message<String> message) {
        upTo(message.offset(), message.offset());
    }

    @Override
    public void onGap(Gap gap) {
        upTo(gap.firstOffset(), gap.lastOffset());
    }

    /** These messages are handled next. */
    public void upTo(long first, long last) {
        look();
        expect(handled >= 0 && first <= handled + 1, () -> "message " + first + " is handled after " + handled);
        handled = Math.max(handled, last);
    }

    private void look() {
        boolean isThere = false;
        for (Entry entry : topic.get()) {
            if (entry.name().startsWith("position-")) {
                isThere = true;
                long next = number(entry, "next").orElseThrow();
                handled = handled < 0 ? next - 1 : handled;
                expect(
                        position <= next && next <= handled + 1,
                        () -> "the position is " + next + " after " + position + ", and messages up to " + handled
                                + " were handled");
                position = next;
            }
        }
        expect(isThere || handled < 0, () -> "the position is gone; it was " + position);
    }

    /** All messages up to this one were handled. */
    public long handled() {
        return handled;
    }

    /** The message that the stored position names as the next one. */
    public long position() {
        return position;
    }

    @Override
    public Optional<String> wrong() {
        look();
        return super.wrong();
    }
}
