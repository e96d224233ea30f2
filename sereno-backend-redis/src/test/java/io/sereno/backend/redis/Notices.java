package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A listener that remembers, and lets a test wait for what it expects. */
final class Notices implements WatchListener {
    static final String RESET = "reset";

    private final List<String> heard = new ArrayList<>();
    private final Map<String, Long> revisions = new HashMap<>();

    @Override
    public synchronized void changed(String name, long revision) {
        heard.add(name);
        revisions.put(name, revision);
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
        revisions.clear();
    }

    /** Returns when this name was announced; a reset counts for any name. */
    synchronized void await(String notice, Duration patience) throws InterruptedException {
        await(notice, () -> heard.contains(notice), patience);
    }

    /** Returns when a change of this name after this revision was announced; a reset counts for any. */
    synchronized void awaitBehind(long revision, String name, Duration patience) throws InterruptedException {
        await(name + " behind " + revision, () -> revisions.getOrDefault(name, 0L) > revision, patience);
    }

    private void await(String what, BooleanSupplier condition, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean() && !heard.contains(RESET)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            assertThat(left)
                    .as("milliseconds left for notices, expected: " + what + ", heard: " + heard)
                    .isPositive();
            wait(left);
        }
    }

    synchronized void awaitReset(Duration patience) throws InterruptedException {
        await(RESET, patience);
    }
}
