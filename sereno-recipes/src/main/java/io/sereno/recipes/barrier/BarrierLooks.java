package io.sereno.recipes.barrier;

import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.RearmingWatch;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Timer;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** When the calls of one client read their barrier: at once when that is wanted, after notices, and once a period. Confined to the strand. */
final class BarrierLooks {
    private enum Due {
        NOTHING,
        HEAD,
        ALL
    }

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Requests requests;
    private final Runnable step;

    /** Reset when the read is sent, so that a request during the read causes another one. */
    private Due due = Due.NOTHING;

    private @Nullable RearmingWatch headWatch;
    /** Open while a call of this client is not among the next to cross. */
    private @Nullable RearmingWatch crowdWatch;

    private final Timer tick = new Timer();

    BarrierLooks(Kernel kernel, Strand strand, String directory, Requests requests, Runnable step) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.requests = requests;
        this.step = step;
    }

    void want() {
        due = Due.ALL;
    }

    void wantHead() {
        due = due == Due.ALL ? Due.ALL : Due.HEAD;
    }

    void wantNone() {
        due = Due.NOTHING;
    }

    boolean isDue() {
        return due != Due.NOTHING;
    }

    /** Sends the read that is due. */
    void take(Consumer<Snapshot> seenAll, Consumer<Snapshot> seenHead) {
        if (due == Due.ALL) {
            due = Due.NOTHING;
            requests.read(new Query.All(directory), seenAll, why -> want());
        } else {
            due = Due.NOTHING;
            requests.read(BarrierLook.HEAD, seenHead, why -> wantHead());
        }
    }

    void watch(boolean isBehind) {
        if (headWatch == null) {
            headWatch = requests.watch(BarrierLook.HEAD, () -> {
                wantHead();
                proceed();
            });
        }
        if (isBehind && crowdWatch == null) {
            crowdWatch = new RearmingWatch(kernel, strand, new Target(directory, Optional.empty()), () -> {
                want();
                proceed();
            });
            crowdWatch.open();
        } else if (!isBehind && crowdWatch != null) {
            crowdWatch.close();
            crowdWatch = null;
        }
    }

    /** Looks after the period, however often there is a look before. */
    void again(Duration period, Runnable onTick) {
        if (!tick.isSet()) {
            tick.set(kernel.time(), kernel.jittered(period), strand, () -> {
                onTick.run();
                want();
                proceed();
            });
        }
    }

    private void proceed() {
        requests.endPause();
        step.run();
    }

    void end() {
        due = Due.NOTHING;
        tick.cancel();
        if (headWatch != null) {
            headWatch.close();
            headWatch = null;
        }
        if (crowdWatch != null) {
            crowdWatch.close();
            crowdWatch = null;
        }
    }
}
