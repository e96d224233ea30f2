package io.sereno.properties;

import io.sereno.Right;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * SEM-1 and LCK-11c: the permits of one pool that are held at the same moment do not exceed the greatest limit under which one of them can have been
 * granted; and no right is reported as lost after it was released. Safe for use by multiple threads.
 */
public final class PermitsInUse extends Property {
    /** An attempt to get permits. */
    public static final class Attempt {
        private int most;

        private Attempt(int most) {
            this.most = most;
        }

        /** The greatest limit that was possible since the attempt began. */
        public int most() {
            return most;
        }
    }

    private record Given(Right right, int weight, Attempt attempt, BooleanSupplier counts) {}

    private final List<Given> given = new ArrayList<>();
    private final List<Attempt> open = new ArrayList<>();
    private final List<Integer> limits = new ArrayList<>();
    /** Changes of unknown outcome, which may take effect at any time. */
    private final List<Integer> uncertain = new ArrayList<>();

    private int mostHeld;

    /** The pool has this limit. */
    public PermitsInUse(int limit) {
        limits.add(limit);
    }

    /** A caller is about to ask. */
    public synchronized Attempt begins() {
        Attempt attempt =
                new Attempt(limits.stream().mapToInt(limit -> limit).max().orElseThrow());
        open.add(attempt);
        return attempt;
    }

    /** The limit is about to be changed. */
    public synchronized void changes(int limit) {
        limits.add(limit);
        open.forEach(attempt -> attempt.most = Math.max(attempt.most, limit));
    }

    /** The limit has been changed: no other is possible from here on, except by a change of unknown outcome. */
    public synchronized void changed(int limit) {
        limits.clear();
        limits.add(limit);
        limits.addAll(uncertain);
    }

    /** The limit may have been changed, or may still be. */
    public synchronized void maybeChanged(int limit) {
        uncertain.add(limit);
    }

    /**
     * A caller has these permits now.
     *
     * @param counts whether anything is expected of them: not if their process has crashed, or if they were taken by force
     */
    public synchronized void granted(Attempt attempt, Right right, int weight, BooleanSupplier counts) {
        open.remove(attempt);
        given.add(new Given(right, weight, attempt, counts));
    }

    /** The attempt has ended without permits. */
    public synchronized void ended(Attempt attempt) {
        open.remove(attempt);
    }

    /** The caller is about to release these permits. */
    public void releasing(Right right) {
        if (right.isHeld()) {
            var unused = right.lost()
                    .thenAccept(
                            cause -> expect(false, () -> "a right was released, and then reported as lost: " + cause));
        }
    }

    /** The most permits that were held at a moment at which this was checked. */
    public synchronized int mostHeld() {
        return mostHeld;
    }

    @Override
    public synchronized Optional<String> wrong() {
        given.removeIf(one -> !one.right.isHeld());
        List<Given> held =
                given.stream().filter(one -> one.counts.getAsBoolean()).toList();
        int most = held.stream().mapToInt(one -> one.attempt.most).max().orElse(0);
        // Each is asked again: one that ended since has made room.
        int sum = held.stream()
                .filter(one -> one.right.isHeld())
                .mapToInt(one -> one.weight)
                .sum();
        mostHeld = Math.max(mostHeld, sum);
        expect(sum <= most, () -> sum + " permits are held, and the limit is " + most + ": " + held);
        return super.wrong();
    }
}
