package io.sereno.tck.run;

import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Records what a listener was notified of. */
public final class Notices implements WatchListener {
    /** In place of a name, for a reset. */
    public static final String RESET = "(reset)";

    private final Bench bench;
    private final String client;
    private final List<String> received = new ArrayList<>();

    public Notices(Bench bench, String client) {
        this.bench = bench;
        this.client = client;
    }

    @Override
    public void changed(String name, long revision) {
        record(name, client + " receives changed(" + name + ", " + revision + ")");
    }

    @Override
    public void reset() {
        record(RESET, client + " receives reset()");
    }

    private void record(String what, String note) {
        bench.note(bench.now(), note);
        synchronized (received) {
            received.add(what);
        }
        bench.stir();
    }

    /** All names so far, {@link #RESET} for resets. */
    public List<String> received() {
        synchronized (received) {
            return List.copyOf(received);
        }
    }

    /** The names without this many at the start; empty if there are no more than that yet. */
    public List<String> since(int count) {
        List<String> all = received();
        return all.subList(Math.min(count, all.size()), all.size());
    }

    public int count() {
        synchronized (received) {
            return received.size();
        }
    }

    /** Whether a change of this entry was announced, by name or by reset, after this many notices. */
    public boolean announced(String name, int since) {
        List<String> later = since(since);
        return later.contains(name) || later.contains(RESET);
    }

    /** Waits until a change of this entry is announced. */
    public void awaitAnnounced(String name, int since) {
        await(name, since, bench.noticePatience());
    }

    /** The same after a break: the client may take its declared recovery until its watches are live again. */
    public void awaitAnnouncedAfterABreak(String name, int since) {
        await(name, since, bench.noticePatience().plus(bench.guarantees().recovery()));
    }

    private void await(String name, int since, Duration atMost) {
        if (!bench.reach(() -> announced(name, since), atMost)) {
            throw new RuleFailure("no notice of " + name + " within " + Bench.text(atMost)
                    + " of the change that was to be announced; notices since: "
                    + since(since));
        }
        bench.verified();
    }
}
