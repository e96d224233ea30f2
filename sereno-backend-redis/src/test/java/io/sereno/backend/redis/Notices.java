package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A listener that records its notices, and lets a test wait for one. */
final class Notices implements WatchListener {
    static final String RESET = "reset";

    private final List<String> received = new ArrayList<>();
    private final Map<String, Long> revisions = new HashMap<>();

    @Override
    public synchronized void changed(String name, long revision) {
        received.add(name);
        revisions.put(name, revision);
        notifyAll();
    }

    @Override
    public synchronized void reset() {
        received.add(RESET);
        notifyAll();
    }

    synchronized List<String> received() {
        return List.copyOf(received);
    }

    synchronized void forget() {
        received.clear();
        revisions.clear();
    }

    /** Returns when this name was announced; a reset counts for any name. */
    synchronized void await(String notice, Duration patience) throws InterruptedException {
        await(notice, () -> received.contains(notice), patience);
    }

    /** Returns when a change of this name after this revision was announced; a reset counts for any. */
    synchronized void awaitBehind(long revision, String name, Duration patience) throws InterruptedException {
        await(name + " behind " + revision, () -> revisions.getOrDefault(name, 0L) > revision, patience);
    }

    private void await(String what, BooleanSupplier condition, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean() && !received.contains(RESET)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            assertThat(left)
                    .as("milliseconds left for notices, expected: " + what + ", received: " + received)
                    .isPositive();
            wait(left);
        }
    }

    synchronized void awaitReset(Duration patience) throws InterruptedException {
        await(RESET, patience);
    }
}
