package io.sereno.benchmarks;

import io.sereno.Codec;
import io.sereno.Grant;
import io.sereno.IdLayout;
import io.sereno.Mutex;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The cost of Sereno itself, on the cheapest store: the mutex alone on one thread, and eight threads of one client on
 * one lock beside a fair ReentrantLock; a counter, awaited and not awaited; a topic from one publisher to one
 * subscriber, and to ten; ids; members that join and leave. A run with wrong results fails; a slow run is only
 * reported.
 */
public final class MemoryBenchmark {
    private static final int WARM_UP = 3;
    private static final int WINDOWS = 7;
    private static final Duration LENGTH = Duration.ofSeconds(2);
    private static final int THREADS = 8;
    private static final int MESSAGES = 1_000_000;
    private static final int ADDITIONS = 2_000_000;

    private static final int ID_THREADS = 4;

    /** Room for 419 million ids per second and slot. */
    private static final IdLayout WIDE =
            new IdLayout(39, Duration.ofMillis(10), 22, 2, Instant.parse("2014-09-01T00:00:00Z"));

    private MemoryBenchmark() {}

    /** The parts to measure, in this order; each name may be given on the command line, and none means all. */
    private enum Part {
        MUTEX,
        COUNTER,
        TOPIC,
        IDS,
        MEMBERSHIP
    }

    public static void main(String[] args) throws Exception {
        Set<Part> parts = args.length == 0 ? EnumSet.allOf(Part.class) : EnumSet.noneOf(Part.class);
        for (String name : args) {
            parts.add(part(name));
        }
        System.out.printf(
                Locale.ROOT,
                "JDK %s, %d processors; medians of %d windows of %d s after %d for warming up%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                WINDOWS,
                LENGTH.toSeconds(),
                WARM_UP);
        try (Sereno sereno = Sereno.connect("memory:")) {
            for (Part part : parts) {
                switch (part) {
                    case MUTEX -> mutexes(sereno);
                    case COUNTER -> counters(sereno);
                    case TOPIC -> topics(sereno);
                    case IDS -> ids(sereno);
                    case MEMBERSHIP -> memberships(sereno);
                }
            }
        }
    }

    private static Part part(String name) {
        for (Part part : Part.values()) {
            if (part.name().equalsIgnoreCase(name)) {
                return part;
            }
        }
        throw new IllegalArgumentException(
                "'" + name + "' is not measured here; " + Arrays.toString(Part.values()) + " are");
    }

    private static void mutexes(Sereno sereno) throws Exception {
        List<List<Double>> alone = windows(List.of(mutex(1, sereno.mutex("alone"))));
        report("mutex, one thread, uncontended", alone.get(0));
        verdict("cycles in a second", median(alone.get(0)), 300_000);

        List<List<Double>> contended = windows(List.of(mutex(THREADS, sereno.mutex("contended")), fairLock()));
        report("mutex, " + THREADS + " threads of one client", contended.get(0));
        report("fair ReentrantLock, " + THREADS + " threads", contended.get(1));
        verdict("ratio", median(contended.get(0)) / median(contended.get(1)), 0.5);
    }

    private static void counters(Sereno sereno) throws Exception {
        Additions additions = new Additions(sereno.counter("sum"));
        List<Double> async = rounds(() -> additions.async(ADDITIONS));
        report("counter, addAsync, one thread", async);
        verdict("additions in a second", median(async), 1_000_000);
        List<Double> blocking = rounds(() -> additions.blocking(4, LENGTH));
        report("counter, addAndGet, 4 threads", blocking);
        verdict("additions in a second", median(blocking), 200_000);
    }

    private static void topics(Sereno sereno) throws Exception {
        List<Double> one = stream(sereno, "one", 1);
        report("topic, 128 bytes, one subscriber", one);
        verdict("messages in a second", median(one), 500_000);
        report("topic, 128 bytes, ten subscribers", stream(sereno, "ten", 10));
    }

    private static void ids(Sereno sereno) throws Exception {
        IdSeries sonyflake = new IdSeries(ID_THREADS, sereno.ids("sonyflake"));
        List<Double> limited = rounds(() -> sonyflake.window(LENGTH));
        report("ids, Sonyflake, 4 threads", limited);
        verdict("of what the layout has room for", median(limited) / 25_600, 0.99);
        IdSeries wide = new IdSeries(ID_THREADS, sereno.ids("wide", WIDE));
        report("ids, without the layout's limit, 4 threads", rounds(() -> wide.window(LENGTH)));
    }

    private static void memberships(Sereno sereno) throws Exception {
        try (Attendance hundred = new Attendance(sereno.membership("hundred"), 100);
                Attendance thousand = new Attendance(sereno.membership("thousand"), 1_000)) {
            List<Double> few = rounds(() -> hundred.window(LENGTH));
            report("membership, join and close, 100 others", few);
            List<Double> many = rounds(() -> thousand.window(LENGTH));
            report("membership, join and close, 1,000 others", many);
            verdict("ratio", median(many) / median(few), 0.5);
            report("membership, look at 100 members", rounds(() -> hundred.looks(LENGTH)));
            report("membership, look at 1,000 members", rounds(() -> thousand.looks(LENGTH)));
        }
    }

    private static Load mutex(int threads, Mutex mutex) {
        return new Load(threads, section -> {
            try (Grant grant = mutex.acquire()) {
                section.pass(grant.fencingToken());
            }
        });
    }

    private static Load fairLock() {
        ReentrantLock lock = new ReentrantLock(true);
        return new Load(THREADS, section -> {
            lock.lock();
            try {
                section.pass(section.lastToken() + 1);
            } finally {
                lock.unlock();
            }
        });
    }

    /** Nothing is trimmed unread, so each subscriber must receive every message. */
    private static List<Double> stream(Sereno sereno, String name, int subscribers) throws Exception {
        Topic<byte[]> topic =
                sereno.topic(name, Codec.bytes()).withRetention(new Retention(MESSAGES, Optional.empty()));
        Stream stream = new Stream(topic, 128, subscribers);
        List<Double> rates = rounds(() -> stream.window(MESSAGES / subscribers));
        topic.delete();
        return rates;
    }

    private static List<Double> rounds(Callable<Double> window) throws Exception {
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round < WARM_UP + WINDOWS; round++) {
            double rate = window.call();
            if (round >= WARM_UP) {
                rates.add(rate);
            }
        }
        return rates;
    }

    /** The loads take turns, so that other activity on the machine affects all of them. */
    private static List<List<Double>> windows(List<Load> loads) throws Exception {
        List<List<Double>> rates = new ArrayList<>();
        loads.forEach(load -> rates.add(new ArrayList<>()));
        for (int round = 0; round < WARM_UP + WINDOWS; round++) {
            for (int i = 0; i < loads.size(); i++) {
                double rate = loads.get(i).window(LENGTH);
                if (round >= WARM_UP) {
                    rates.get(i).add(rate);
                }
            }
        }
        return rates;
    }

    private static double median(List<Double> rates) {
        List<Double> sorted = new ArrayList<>(rates);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static void report(String what, List<Double> rates) {
        System.out.printf(
                Locale.ROOT,
                "%-40s %,12.0f /s   (%,.0f to %,.0f)%n",
                what,
                median(rates),
                Collections.min(rates),
                Collections.max(rates));
    }

    private static void verdict(String what, double reached, double target) {
        System.out.printf(
                Locale.ROOT,
                "  %s: %,.2f, target %,.2f: %s%n",
                what,
                reached,
                target,
                reached >= target ? "reached" : "MISSED");
    }
}
