package io.sereno.properties;

import io.sereno.Grant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * LCK-2a, LCK-3 and LCK-11c, LDR-1 and LDR-2: of the grants of one mutex or election, at most one is held at any moment, each has a greater token
 * than those before it, and none is reported as lost after it was released. Safe for use by multiple threads.
 */
public final class Grants extends Property {
    private record Given(Grant grant, BooleanSupplier counts) {
        boolean isHeld() {
            return counts.getAsBoolean() && grant.isHeld();
        }
    }

    private final List<Given> given = new ArrayList<>();

    private long greatest;

    /** A caller has this grant now. */
    public Optional<String> granted(Grant grant) {
        return granted(grant, () -> true);
    }

    /**
     * A caller has this grant now. A second call about a grant that is still held changes nothing.
     *
     * @param counts whether anything is expected of the grant: not if its process has crashed, or if its right was taken by force
     * @return as {@link #wrong}
     */
    public synchronized Optional<String> granted(Grant grant, BooleanSupplier counts) {
        if (given.stream().noneMatch(one -> one.grant == grant)) {
            long token = grant.fencingToken();
            expect(
                    token > greatest || !counts.getAsBoolean(),
                    () -> "token " + token + " was granted after token " + greatest);
            greatest = Math.max(greatest, token);
            given.add(new Given(grant, counts));
        }
        return wrong();
    }

    /** The caller is about to release this grant. */
    public void releasing(Grant grant) {
        if (grant.isHeld()) {
            var unused = grant.lost().thenAccept(cause -> lostAfterRelease(grant));
        }
    }

    private synchronized void lostAfterRelease(Grant grant) {
        expect(
                false,
                () -> "the grant with token " + grant.fencingToken() + " was released, and then reported as lost");
    }

    @Override
    public synchronized Optional<String> wrong() {
        given.removeIf(one -> !one.grant.isHeld());
        List<Long> held = new ArrayList<>();
        for (Given one : given) {
            if (one.isHeld()) {
                held.add(one.grant.fencingToken());
            }
        }
        expect(held.size() <= 1, () -> "several grants are held, with tokens " + held);
        return super.wrong();
    }
}
