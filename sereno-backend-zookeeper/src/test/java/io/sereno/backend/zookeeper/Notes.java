package io.sereno.backend.zookeeper;

import io.sereno.spi.WatchListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The notices of a listener, in order: names, and {@code RESET}. */
final class Notes implements WatchListener {
    static final String RESET = "(reset)";

    /** Guarded by this. */
    private final List<String> received = new ArrayList<>();

    @Override
    public void changed(String name, long revision) {
        add(name);
    }

    @Override
    public void reset() {
        add(RESET);
    }

    private synchronized void add(String what) {
        received.add(what);
        notifyAll();
    }

    synchronized List<String> received() {
        return List.copyOf(received);
    }

    synchronized void forget() {
        received.clear();
    }

    /** Waits until the notice came. */
    List<String> await(String what) throws InterruptedException {
        return await(list -> list.contains(what));
    }

    synchronized List<String> await(Predicate<List<String>> enough) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!enough.test(received)) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("received only " + received);
            }
            wait(left);
        }
        return List.copyOf(received);
    }
}
