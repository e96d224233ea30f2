package io.sereno.properties;

import io.sereno.TaskGrant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * SCH-1 to SCH-3, of all runs of one task: in the order of their tokens, each is for a later due time than the one before, or for the same with a greater
 * attempt if the policy allows that; and no two are held at the same moment. Safe for use by multiple threads.
 */
public final class BegunRuns extends Property {
    private record Run(Instant due, int attempt) {}

    private record Held(TaskGrant grant, BooleanSupplier counts) {}

    private final boolean runAgain;
    private final TreeMap<Long, Run> begun = new TreeMap<>();
    private final List<Held> held = new ArrayList<>();

    /** {@code runAgain}: a due time may be begun again when its runner was lost. */
    public BegunRuns(boolean runAgain) {
        this.runAgain = runAgain;
    }

    /**
     * The body is called. A process that is slow may call it after a later run of another one has begun.
     *
     * @param counts whether anything is expected of what it believes: not if its process has crashed
     */
    public synchronized void begun(TaskGrant grant, BooleanSupplier counts) {
        Run run = new Run(grant.due(), grant.attempt());
        long token = grant.fencingToken();
        Run same = begun.put(token, run);
        expect(same == null, () -> "two runs have token " + token + ": " + same + " and " + run);
        Map.Entry<Long, Run> before = begun.lowerEntry(token);
        if (before != null) {
            requireOrder(before.getValue(), run);
        }
        Map.Entry<Long, Run> after = begun.higherEntry(token);
        if (after != null) {
            requireOrder(run, after.getValue());
        }
        held.add(new Held(grant, counts));
    }

    private void requireOrder(Run before, Run after) {
        // A runner may be lost before its body is called, so the first attempt that is seen is not always 1.
        boolean later = after.due.isAfter(before.due) && (after.attempt == 1 || runAgain);
        boolean again = runAgain && after.due.equals(before.due) && after.attempt > before.attempt;
        expect(later || again, () -> after + " was begun after " + before);
    }

    /** How many runs have begun. */
    public synchronized int count() {
        return begun.size();
    }

    /** How many runs were for a due time that had been begun before. */
    public synchronized long again() {
        return begun.values().stream().filter(run -> run.attempt > 1).count();
    }

    @Override
    public synchronized Optional<String> wrong() {
        held.removeIf(one -> !one.grant.isHeld());
        List<TaskGrant> together = held.stream()
                .filter(one -> one.counts.getAsBoolean() && one.grant.isHeld())
                .map(Held::grant)
                .toList();
        // Each is asked again: one may have ended since.
        List<TaskGrant> still = together.stream().filter(TaskGrant::isHeld).toList();
        expect(still.size() < 2, () -> "two runs are held at the same moment: " + still);
        return super.wrong();
    }
}
