package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A listener that remembers, and lets a test wait for what it expects. */
final class Notices implements WatchListener {
    static final String RESET = "reset";

    private final List<String> heard = new ArrayList<>();

    @Override
    public synchronized void changed(String name, long revision) {
        heard.add(name);
        notifyAll();
    }

    @Override
    public synchronized void reset() {
        heard.add(RESET);
        notifyAll();
    }

    synchronized List<String> heard() {
        return List.copyOf(heard);
    }

    synchronized void forget() {
        heard.clear();
    }

    /** Returns when this was heard, a reset counting for any name. */
    synchronized void await(String notice, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!heard.contains(notice) && !heard.contains(RESET)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            assertThat(left)
                    .as("milliseconds left to hear " + notice + ", heard: " + heard)
                    .isPositive();
            wait(left);
        }
    }

    synchronized void awaitReset(Duration patience) throws InterruptedException {
        await(RESET, patience);
    }
}
