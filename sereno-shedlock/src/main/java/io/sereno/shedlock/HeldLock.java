package io.sereno.shedlock;

import java.util.Optional;
import net.javacrumbs.shedlock.core.AbstractSimpleLock;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;

/** What ShedLock sees of a {@link Hold}. Each extension makes another one of the same hold; the superclass refuses the former. */
final class HeldLock extends AbstractSimpleLock {
    private final Hold hold;

    HeldLock(LockConfiguration configuration, Hold hold) {
        super(configuration);
        this.hold = hold;
    }

    @Override
    protected void doUnlock() {
        hold.unlock();
    }

    @Override
    protected Optional<SimpleLock> doExtend(LockConfiguration configuration) {
        return hold.extend(configuration.getLockAtMostFor(), configuration.getLockAtLeastFor())
                ? Optional.of(new HeldLock(configuration, hold))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return hold.toString();
    }
}
