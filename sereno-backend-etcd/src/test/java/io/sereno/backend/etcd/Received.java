package io.sereno.backend.etcd;

import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener that keeps its notices: names, and {@link #RESET}. */
final class Received implements WatchListener {
    static final String RESET = "(reset)";

    private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();

    @Override
    public void changed(String name, long revision) {
        notices.add(name);
    }

    @Override
    public void reset() {
        notices.add(RESET);
    }

    /** The next notice. */
    String next() throws InterruptedException {
        String notice = notices.poll(60, TimeUnit.SECONDS);
        if (notice == null) {
            throw new AssertionError("no notice came");
        }
        return notice;
    }

    /** Whether a notice of a name that begins so comes in this time. Takes all notices before it. */
    boolean within(Duration time, String beginning) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        String notice;
        do {
            notice = notices.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } while (notice != null && !notice.startsWith(beginning));
        return notice != null;
    }

    /** All notices up to the first of this name, it included. */
    List<String> upTo(String name) throws InterruptedException {
        return upToAny(name);
    }

    /** All notices up to the first of one of these names, it included. */
    List<String> upToAny(String... names) throws InterruptedException {
        List<String> received = new ArrayList<>();
        do {
            received.add(next());
        } while (!List.of(names).contains(received.get(received.size() - 1)));
        return received;
    }
}
