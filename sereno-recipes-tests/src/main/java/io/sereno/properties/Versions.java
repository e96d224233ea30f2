package io.sereno.properties;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Versioned;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * SHV-1 and SHV-2: a change of a shared value is made once, or its call reports another outcome; and no observer sees the value go back. Each change
 * sets a number of its own. So a number with two versions was set twice. Safe for use by multiple threads.
 */
public final class Versions extends Property {
    private record Version(long incarnation, long change) {}

    private final Map<Version, Long> values = new HashMap<>();
    private final Map<Long, Version> versions = new HashMap<>();
    private final Set<Long> notApplied = new HashSet<>();
    private long count;
    private long made;

    /** The number that the next change sets, from 1. */
    public synchronized long next() {
        return ++count;
    }

    /**
     * Ends the change that set this number.
     *
     * @param failure null if the call succeeded
     */
    public synchronized void ended(long number, @Nullable Throwable failure) {
        if (failure == null) {
            made++;
        } else if (failure instanceof NotAppliedException) {
            notApplied.add(number);
            expect(!versions.containsKey(number), () -> number + " was seen, and was reported as not set");
        } else {
            expect(
                    failure instanceof OutcomeUnknownException,
                    () -> "the change to " + number + " ended as " + failure);
        }
    }

    /** Who sees one state after the other. */
    public final class Observer {
        private final String name;
        private Version last = new Version(0, 0);
        private boolean gone;

        private Observer(String name) {
            this.name = name;
        }

        /** Sees this state; empty if there is no value. */
        public void sees(Optional<Versioned<Long>> state) {
            synchronized (Versions.this) {
                if (state.isEmpty()) {
                    gone = true;
                    return;
                }
                Version now = new Version(state.get().incarnation(), state.get().change());
                long number = state.get().value();
                boolean sameIncarnation = now.incarnation == last.incarnation;
                boolean goesOn =
                        sameIncarnation ? !gone && now.change >= last.change : now.incarnation > last.incarnation;
                String before = last + (gone ? " and its end" : "");
                expect(goesOn, () -> name + " saw " + number + " with " + now + " after " + before);
                last = now;
                gone = false;
                Long known = values.putIfAbsent(now, number);
                expect(known == null || known == number, () -> now + " has the values " + known + " and " + number);
                Version other = versions.putIfAbsent(number, now);
                expect(
                        other == null || other.equals(now),
                        () -> number + " was set twice, with " + other + " and with " + now);
                expect(number <= count, () -> number + " was seen, and nobody has set it");
                expect(!notApplied.contains(number), () -> number + " was seen, and was reported as not set");
            }
        }
    }

    /** A new observer of the same value. */
    public Observer observer(String name) {
        return new Observer(name);
    }

    /** What is wrong so far, if the value has seen this many changes and nobody has deleted it; empty if nothing is wrong. */
    public synchronized Optional<String> wrong(long changes) {
        long most = count - notApplied.size();
        expect(
                made <= changes && changes <= most,
                () -> "of " + count + " changes " + made + " have returned and " + notApplied.size()
                        + " were reported as not made, and the value has seen " + changes);
        return wrong();
    }
}
