package io.sereno.benchmarks;

import io.sereno.KeepAlive;
import io.sereno.Membership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A group of a fixed size, which one more member joins and leaves again and again. */
final class Attendance implements AutoCloseable {
    private static final Duration TTL = Duration.ofSeconds(10);

    private final Membership group;
    private final List<KeepAlive> standing = new ArrayList<>();

    Attendance(Membership group, int size) throws InterruptedException {
        this.group = group;
        for (int i = 0; i < size; i++) {
            standing.add(group.join("standing-" + i, TTL));
        }
    }

    /** Joins per second, each followed by a close. */
    double window(Duration length) throws InterruptedException {
        long start = System.nanoTime();
        long end = start + length.toNanos();
        long last = 0;
        long cycles = 0;
        while (System.nanoTime() - end < 0) {
            try (KeepAlive member = group.join("coming-and-going", TTL)) {
                if (member.incarnation() <= last) {
                    throw new IllegalStateException("incarnation " + member.incarnation() + " came after " + last);
                }
                last = member.incarnation();
            }
            cycles++;
        }
        double rate = cycles / ((System.nanoTime() - start) / 1e9);
        check();
        return rate;
    }

    /** Reads of the whole group per second. */
    double looks(Duration length) {
        long start = System.nanoTime();
        long end = start + length.toNanos();
        long looks = 0;
        while (System.nanoTime() - end < 0) {
            check();
            looks++;
        }
        return looks / ((System.nanoTime() - start) / 1e9);
    }

    private void check() {
        int listed = group.members().list().size();
        if (listed != standing.size()) {
            throw new IllegalStateException(listed + " members are listed, and " + standing.size() + " should be");
        }
    }

    @Override
    public void close() {
        standing.forEach(KeepAlive::close);
    }
}
