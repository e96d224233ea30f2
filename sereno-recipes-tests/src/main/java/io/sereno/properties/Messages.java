package io.sereno.properties;

import io.sereno.Message;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * TOP-1 to TOP-5: each message of a topic is stored once, at the offset that its publication returned, or its publication reports another outcome.
 * Messages of one publisher keep their order. Readers find the same messages, and miss none. Safe for use by multiple threads.
 */
public final class Messages extends Property {
    private final boolean deleted;
    private final Map<Long, String> found = new HashMap<>();
    private final Map<String, Long> offsets = new HashMap<>();
    private final Set<String> notApplied = new HashSet<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private final Map<String, Map<Integer, Long>> acknowledged = new HashMap<>();
    private final List<Reader> readers = new ArrayList<>();
    private int open;

    /**
     * @param deleted whether the topic is deleted meanwhile, so that offsets are used again
     */
    public Messages(boolean deleted) {
        this.deleted = deleted;
    }

    /** One publication, about to be requested. */
    public final class Publication {
        private final String publisher;
        private final int number;

        private Publication(String publisher, int number) {
            this.publisher = publisher;
            this.number = number;
        }

        /** The message. */
        public String payload() {
            return publisher + "-" + number;
        }

        /**
         * Ends this publication.
         *
         * @param offset what the call returned; null if it failed
         * @param failure null if the call succeeded
         */
        public void ended(@Nullable Long offset, @Nullable Throwable failure) {
            Messages.this.ended(
                    this, offset, failure instanceof CompletionException wrapped ? wrapped.getCause() : failure);
        }
    }

    /** If the topic was deleted, the reader begins again. */
    public final class Reader extends Reading<String> {
        @Override
        public void onMessage(Message<String> message) {
            super.onMessage(message);
            at(message.offset(), message.payload());
        }
    }

    /** The next publication of a publisher, in the order of its calls. */
    public synchronized Publication next(String publisher) {
        open++;
        return new Publication(publisher, counts.merge(publisher, 1, Integer::sum));
    }

    /** How many publications have not ended yet. */
    public synchronized int open() {
        return open;
    }

    public synchronized Reader reader() {
        Reader reader = new Reader();
        readers.add(reader);
        return reader;
    }

    private synchronized void ended(Publication publication, @Nullable Long offset, @Nullable Throwable failure) {
        open--;
        String payload = publication.payload();
        if (offset != null) {
            Map<Integer, Long> all = acknowledged.computeIfAbsent(publication.publisher, name -> new TreeMap<>());
            all.put(publication.number, offset);
            List<Long> inOrder = all.values().stream().sorted().toList();
            expect(deleted || inOrder.equals(List.copyOf(all.values())), () -> payload + " is out of order: " + all);
            at(offset, payload);
        } else if (failure instanceof NotAppliedException) {
            notApplied.add(payload);
            expect(!offsets.containsKey(payload), () -> payload + " is there, but was reported as not published");
        } else {
            expect(failure instanceof OutcomeUnknownException, () -> payload + " ended as " + failure);
        }
    }

    private synchronized void at(long offset, String payload) {
        String other = found.putIfAbsent(offset, payload);
        Long before = offsets.putIfAbsent(payload, offset);
        expect(
                deleted || ((other == null || other.equals(payload)) && (before == null || before == offset)),
                () -> "message " + offset + " is " + payload + ", which was message " + before + ", and was " + other);
        expect(!notApplied.contains(payload), () -> payload + " was published, but was reported as not published");
    }

    @Override
    public synchronized Optional<String> wrong() {
        return super.wrong()
                .or(() -> readers.stream()
                        .flatMap(reader -> reader.wrong().stream())
                        .findFirst());
    }
}
