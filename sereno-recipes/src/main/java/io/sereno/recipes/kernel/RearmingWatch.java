package io.sereno.recipes.kernel;

import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One watch, kept open until it is closed, that only says <em>look again</em>: once it is live, and after every notice and reset. A read before
 * the watch went live may have missed a change; the look that follows has not.
 *
 * <p>Confined to the strand, on which it also calls {@code look}. Notices that come faster than looks are merged. So are the notices of one commit
 * in a watched directory: a look that begins after the first of them sees the whole commit (WAT-2, WAT-12). Each owner of a watch of a directory also
 * looks once a period, so a backend that reports a wrong revision delays a look by at most one period.
 */
public final class RearmingWatch {
    private final Kernel kernel;
    private final Strand strand;
    private final Target target;
    private final Predicate<String> concerns;
    private final Runnable look;
    private final @Nullable Consumer<String> lookAt;
    /** The entries that are about to be looked at. */
    private final Set<String> named = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean due = new AtomicBoolean();

    private @Nullable Watch watch;
    private @Nullable Backoff backoff;
    private final Timer retry = new Timer();
    private final Timer tick = new Timer();
    private boolean closed;

    public RearmingWatch(Kernel kernel, Strand strand, Target target, Runnable look) {
        this(kernel, strand, target, name -> true, look);
    }

    /** {@code concerns} selects the entries whose notices count; for every thread. */
    RearmingWatch(Kernel kernel, Strand strand, Target target, Predicate<String> concerns, Runnable look) {
        this(kernel, strand, target, concerns, look, null);
    }

    /** {@code lookAt} is called, instead of {@code look}, with the name of each entry that has changed. */
    RearmingWatch(
            Kernel kernel,
            Strand strand,
            Target target,
            Predicate<String> concerns,
            Runnable look,
            @Nullable Consumer<String> lookAt) {
        this.kernel = kernel;
        this.strand = strand;
        this.target = target;
        this.concerns = concerns;
        this.look = look;
        this.lookAt = lookAt;
    }

    public void open() {
        kernel.store().watch(target, new Notices(), strand, (opened, failure) -> {
            if (opened == null) {
                retry();
            } else if (closed) {
                Store.cancel(opened);
            } else {
                watch = opened;
                look.run();
            }
        });
    }

    /** Also looks once a period, so that a watch that died in silence costs one period and not an endless wait. */
    public void lookEvery(Duration period) {
        tick.set(kernel.time(), kernel.jittered(period), strand, () -> {
            lookEvery(period);
            look.run();
        });
    }

    private void retry() {
        if (!closed) {
            if (backoff == null) {
                backoff = kernel.backoff();
            }
            retry.set(kernel.time(), backoff.next(), strand, this::open);
        }
    }

    public void close() {
        closed = true;
        retry.cancel();
        tick.cancel();
        if (watch != null) {
            Store.cancel(watch);
        }
    }

    private final class Notices implements WatchListener {
        /** The commit for which the last look was requested; 0 if that is not known. Notices are serial (WAT-5a). */
        private long latest;

        @Override
        public void changed(String name, long revision) {
            if (lookAt != null) {
                at(name, lookAt);
                return;
            }
            boolean news = revision == 0 || revision != latest || target.name().isPresent();
            if (news && concerns.test(name)) {
                latest = revision;
                again();
            }
        }

        /** A store that has gone back may use a revision again. It resets its watches. */
        @Override
        public void reset() {
            latest = 0;
            again();
        }

        private void at(String name, Consumer<String> then) {
            if (concerns.test(name) && named.add(name)) {
                strand.execute(() -> {
                    named.remove(name); // Before the look begins, as below.
                    if (!closed) {
                        then.accept(name);
                    }
                });
            }
        }

        private void again() {
            if (due.compareAndSet(false, true)) {
                strand.execute(() -> {
                    // Reset before the look begins: a change that the look might miss then causes another look.
                    due.set(false);
                    if (!closed) {
                        look.run();
                    }
                });
            }
        }
    }
}
