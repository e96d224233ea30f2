package io.sereno.benchmarks.worker;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/** A subscriber that knows which messages it has received, in which order, and how old each was. */
final class Receiver implements Consumer<byte[]> {
    private static final long LONGEST = Duration.ofMinutes(2).toNanos();

    private final BitSet seen = new BitSet();
    private final Histogram nanos = new Histogram(LONGEST, 2);
    private long last = -1;
    private long different;
    private long late;
    private long again;

    @Override
    public synchronized void accept(byte[] payload) {
        ByteBuffer fields = ByteBuffer.wrap(payload);
        long number = fields.getLong();
        nanos.recordValue(Math.min(Math.max(0, System.nanoTime() - fields.getLong()), LONGEST));
        if (seen.get((int) number)) {
            again++;
        } else {
            seen.set((int) number);
            different++;
        }
        if (number < last) {
            late++;
        } else {
            last = number;
        }
        notifyAll();
    }

    /** Waits until as many different messages have come. */
    synchronized boolean await(long messages, long deadline) throws InterruptedException {
        for (long left = deadline - System.nanoTime(); different < messages; left = deadline - System.nanoTime()) {
            if (left <= 0) {
                return false;
            }
            wait(1 + left / 1_000_000);
        }
        return true;
    }

    /** How many different messages it received. */
    synchronized long report(long published, Checks checks) {
        share("lost", published - different, published, checks);
        share("out of order", late, published, checks);
        share("received twice", again, published, checks);
        return different;
    }

    private static void share(String kind, long messages, long published, Checks checks) {
        if (messages > 0) {
            checks.fault(kind + ": " + Math.max(1, Math.round(100.0 * messages / published)) + " % of the messages");
        }
    }

    synchronized Histogram nanos() {
        return nanos.copy();
    }
}
