package io.sereno.recipes.tasks;

import io.sereno.TaskGrant;
import io.sereno.recipes.client.HeldRight;
import io.sereno.recipes.kernel.Hold;
import java.time.Instant;

/** A hold as the right to a run. */
final class HeldRun extends HeldRight implements TaskGrant {
    private final LastRun run;

    HeldRun(Hold hold, LastRun run) {
        super(hold);
        this.run = run;
    }

    @Override
    public long fencingToken() {
        return hold.fencingToken();
    }

    @Override
    public Instant due() {
        return run.due();
    }

    @Override
    public int attempt() {
        return run.attempt();
    }

    @Override
    public String toString() {
        return hold + ", due " + due() + ", attempt " + attempt();
    }
}
