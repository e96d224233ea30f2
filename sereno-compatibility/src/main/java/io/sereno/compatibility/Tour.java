package io.sereno.compatibility;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.IdLayout;
import io.sereno.Membership.IfPresent;
import io.sereno.Mutex;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.SerenoException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fills a store by all recipes. It runs with the classes of the build that is to be kept, so it uses only what all of them have.
 *
 * <p>At the end alpha, beta and gamma live, with sessions of {@link #TTL}; their processes end without any request to
 * the store.
 */
final class Tour {
    static final String MUTEX = "close-month";
    static final String ELECTION = "scheduler";
    static final String COUNTER = "orders";
    static final String PLAIN_GROUP = "import";
    static final String FAILING_GROUP = "export";
    static final String COUNTING_GROUP = "cleanup";
    static final String TOPIC = "invoices";
    static final String DURABLE = "billing";
    static final String HELD_DURABLE = "audit";
    static final String GROUP = "workers";
    static final String IDS = "customers";
    static final String IDS_AHEAD = "ahead";
    static final String CHILD = "eu/west";

    /** One slot, so that all generators continue where the one before ended. */
    static final IdLayout ONE_SLOT = new IdLayout(41, Duration.ofMillis(10), 8, 0, IdLayout.SONYFLAKE.epoch());

    static final List<String> DIRECTORIES = List.of(
            "lock/" + MUTEX,
            "election/" + ELECTION,
            "counter/" + COUNTER,
            "@eu%2Fwest/counter/" + COUNTER,
            "waitgroup/" + PLAIN_GROUP,
            "waitgroup/" + FAILING_GROUP,
            "waitgroup/" + COUNTING_GROUP,
            "topic/" + TOPIC,
            "reader/" + DURABLE + "/" + TOPIC,
            "reader/" + HELD_DURABLE + "/" + TOPIC,
            "member/" + GROUP,
            "ids/" + IDS,
            "ids/" + IDS_AHEAD,
            "session");

    private static final Duration TTL = Duration.ofMinutes(1);
    private static final Duration AHEAD = Duration.ofDays(365 * 20);

    private final String uri;
    private final SpiForm spi;
    private final Sereno alpha;
    private final Sereno beta;
    private final Sereno gamma;

    private Tour(String uri) {
        this.uri = uri;
        this.spi = new SpiForm(uri);
        this.alpha = connect("alpha", Duration.ZERO);
        this.beta = connect("beta", Duration.ZERO);
        this.gamma = connect("gamma", Duration.ZERO);
    }

    /** Fills the store of a URI; writes what the SPI shows into a file if one is named; then lives until its input ends. */
    public static void main(String[] arguments) throws Exception {
        Tour tour = new Tour(arguments[0]);
        tour.mutex();
        tour.election();
        tour.counter();
        tour.waitGroups();
        tour.topic();
        tour.membership();
        tour.ids();
        if (arguments.length > 1) {
            KeptText.write(
                    Path.of(arguments[1]),
                    "What the SPI shows: createRevision, lease, directory, name.",
                    tour.spi.dump());
        }
        System.out.println("filled");
        System.in.transferTo(OutputStream.nullOutputStream());
        // Without a shutdown: nothing is released.
        Runtime.getRuntime().halt(0);
    }

    private Sereno connect(String node, Duration ahead) {
        return Sereno.builder()
                .uri(uri)
                .nodeId(node)
                .sessionTtl(TTL)
                .timeSource(new SystemClock(ahead))
                .connect();
    }

    /** alpha has held it twice and holds it; beta and gamma wait, in this order. */
    private void mutex() throws InterruptedException {
        Mutex mutex = alpha.mutex(MUTEX);
        mutex.acquire().close();
        mutex.acquire();
        queue("beta in the queue", () -> beta.mutex(MUTEX).acquire(), "lock/" + MUTEX, 2);
        queue("gamma in the queue", () -> gamma.mutex(MUTEX).acquire(), "lock/" + MUTEX, 3);
    }

    private interface Waiting {
        void run() throws InterruptedException;
    }

    private void queue(String name, Waiting waiting, String directory, int places) {
        Thread thread = new Thread(
                () -> {
                    try {
                        waiting.run();
                    } catch (InterruptedException | SerenoException e) {
                        throw new IllegalStateException(e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        spi.await(directory, entries -> entries.size() == places);
    }

    /** alpha leads, beta follows. */
    private void election() throws InterruptedException {
        alpha.election(ELECTION).metadata(Map.of("zone", "a b")).start().awaitLeadership();
        beta.election(ELECTION).metadata(Map.of("zone", "\u00fc")).start();
        spi.await("election/" + ELECTION, entries -> entries.size() == 2);
    }

    /** 42, and 7 in the child namespace. */
    private void counter() {
        alpha.counter(COUNTER).addAndGet(40);
        beta.counter(COUNTER).addAndGet(2);
        alpha.withNamespace(CHILD).counter(COUNTER).set(7);
    }

    private void waitGroups() {
        // The second generation, with 3 of 5 places pending.
        WaitGroup plain = alpha.waitGroup(PLAIN_GROUP);
        plain.add(1);
        beta.waitGroup(PLAIN_GROUP).done();
        plain.add(5);
        plain.done();
        beta.waitGroup(PLAIN_GROUP).done();
        // One of 3 is done, one is held, one is free; the first two places were tracked.
        alpha.waitGroup(FAILING_GROUP).add(3, OnLostWorker.FAIL);
        alpha.waitGroup(FAILING_GROUP).join();
        Worker quick = beta.waitGroup(FAILING_GROUP).join();
        quick.done();
        // One of 2 is held, and will be counted when it is lost.
        alpha.waitGroup(COUNTING_GROUP).add(2, OnLostWorker.COUNT_AS_DONE);
        beta.waitGroup(COUNTING_GROUP).join();
    }

    /** 6 messages, of which some are kept; billing has had 3 and 4; audit has had 3, and alpha reads on under this name. */
    private void topic() throws InterruptedException {
        Topic<String> topic = alpha.topic(TOPIC, Codec.utf8()).withRetention(new Retention(4, Optional.empty()));
        for (int i = 1; i <= 6; i++) {
            topic.publish("invoice " + i);
        }
        try (TopicReader<String> reader = beta.topic(TOPIC, Codec.utf8()).reader(new From.Durable(DURABLE))) {
            take(reader, 3);
            take(reader, 4);
            take(reader, 5);
            awaitPosition(DURABLE, 5);
        }
        spi.await("reader/" + DURABLE + "/" + TOPIC, List::isEmpty);
        TopicReader<String> held = topic.reader(new From.Durable(HELD_DURABLE));
        take(held, 3);
        take(held, 4);
        awaitPosition(HELD_DURABLE, 4);
    }

    private static void take(TopicReader<String> reader, long offset) throws InterruptedException {
        long found = reader.next().offset();
        if (found != offset) {
            throw new IllegalStateException("offset " + found + " where " + offset + " was expected");
        }
    }

    private void awaitPosition(String durable, long next) {
        spi.await(
                "topic/" + TOPIC,
                entries -> entries.stream()
                        .anyMatch(entry -> entry.name().equals("position-" + durable)
                                && new String(entry.value().toArray(), UTF_8).contains("next " + next + "\n")));
    }

    /** w1 in alpha's session, w2 in one of its own. */
    private void membership() throws InterruptedException {
        alpha.membership(GROUP).join("w1", TTL, Map.of("address", "10.0.0.1:80"), IfPresent.FAIL);
        beta.membership(GROUP).join("w2", TTL.minusSeconds(10), Map.of(), IfPresent.WAIT);
    }

    /** alpha has slot 0, beta slot 1; the ids of a client whose clock is 20 years ahead were given in a layout of one slot. */
    private void ids() {
        alpha.ids(IDS).nextIds(3);
        beta.ids(IDS).nextId();
        Sereno ahead = connect("delta", AHEAD);
        ahead.ids(IDS_AHEAD, ONE_SLOT).nextId();
        ahead.close();
    }
}
