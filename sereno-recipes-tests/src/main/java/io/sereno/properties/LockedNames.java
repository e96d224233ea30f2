package io.sereno.properties;

import io.sereno.Grant;
import io.sereno.Right;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * RWL-1, RWL-2, LCK-11c, and SLT-1 for slots, of which each is a name that is written: of the rights to names of one lock, no two are held at the same moment that share a name which either of them writes; for
 * each name, each grant to write it has a greater token than those before it; and no right is reported as lost after it was released. Safe for
 * use by multiple threads.
 */
public final class LockedNames extends Property {
    private record Given(Right right, Set<String> write, Set<String> read, BooleanSupplier counts) {
        boolean isHeld() {
            return counts.getAsBoolean() && right.isHeld();
        }

        boolean conflictsWith(Given other) {
            return !Collections.disjoint(write, other.write)
                    || !Collections.disjoint(write, other.read)
                    || !Collections.disjoint(read, other.write);
        }

        @Override
        public String toString() {
            return "write " + write + " read " + read;
        }
    }

    private final List<Given> given = new ArrayList<>();
    private final Map<String, Long> greatest = new HashMap<>();

    /**
     * A caller has this right now. Only a right to write has a token that counts.
     *
     * @param counts whether anything is expected of the right: not if its process has crashed, or if its right was taken by force
     */
    public synchronized void granted(Right right, Set<String> write, Set<String> read, BooleanSupplier counts) {
        Given now = new Given(right, Set.copyOf(write), Set.copyOf(read), counts);
        if (right instanceof Grant grant) {
            for (String name : write) {
                long token = grant.fencingToken();
                long before = greatest.getOrDefault(name, 0L);
                expect(
                        token > before || !counts.getAsBoolean(),
                        () -> "token " + token + " to write '" + name + "' was granted after token " + before);
                greatest.put(name, Math.max(before, token));
            }
        }
        given.add(now);
    }

    /** The caller has this right to read in place of that grant to write, from this moment on. */
    public synchronized void downgraded(Grant grant, Right right) {
        for (Given one : List.copyOf(given)) {
            if (one.right == grant) {
                given.remove(one);
                Set<String> all = new HashSet<>(one.write);
                all.addAll(one.read);
                given.add(new Given(right, Set.of(), all, one.counts));
            }
        }
    }

    /** The caller is about to release this right. */
    public void releasing(Right right) {
        if (right.isHeld()) {
            var unused = right.lost()
                    .thenAccept(
                            cause -> expect(false, () -> "a right was released, and then reported as lost: " + cause));
        }
    }

    /** The names that are locked now, by how many rights. For scenarios that want to know whether several were held together. */
    public synchronized int held() {
        given.removeIf(one -> !one.right.isHeld());
        return given.size();
    }

    @Override
    public synchronized Optional<String> wrong() {
        given.removeIf(one -> !one.right.isHeld());
        for (int i = 0; i < given.size(); i++) {
            for (int k = 0; k < i; k++) {
                Given one = given.get(i);
                Given other = given.get(k);
                expect(
                        !one.conflictsWith(other) || !one.isHeld() || !other.isHeld(),
                        () -> "two rights are held that conflict: " + one + ", " + other);
            }
        }
        return super.wrong();
    }
}
