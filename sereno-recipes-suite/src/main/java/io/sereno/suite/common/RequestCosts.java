package io.sereno.suite.common;

import io.sereno.Barrier;
import io.sereno.CachedMap;
import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.IdGenerator;
import io.sereno.LeaderElection;
import io.sereno.LockSet;
import io.sereno.Membership;
import io.sereno.MembershipListener;
import io.sereno.Mutex;
import io.sereno.PermitPool;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.SlotPool;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The requests that each operation of a recipe takes, as the server counts them, are those of the table in the store's
 * guide. A row has the operation and its requests: {@code 2} or {@code at most 6}.
 */
public abstract class RequestCosts {
    private static final int TIMES = 100;
    private static final int BATCHES = 5;
    private static final int AT_A_TIME = 100;
    private static final int IDLE = 20;
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Pattern ROW = Pattern.compile("\\| ([^|]+) \\| (at most )?(\\d+(?:\\.\\d)?) \\|");

    /** A client whose session has a ttl of 40 s, so that few renewals come in between. */
    protected abstract Sereno connect();

    /** The requests of all clients that the server has counted so far. */
    protected abstract long counted() throws Exception;

    /** The file with the table. */
    protected abstract Path guide();

    /** What is measured. */
    protected interface Work {
        void run() throws Exception;
    }

    private record Figure(boolean atMost, double requests) {}

    @Test
    void theGuideHasTheRequestsOfEachOperation() throws Exception {
        Map<String, Figure> figures = figures();
        List<String> wrong = new ArrayList<>();
        try (Sereno one = connect();
                Sereno other = connect()) {
            Map<String, Work> operations = operations(one, other);
            for (Work begun : operations.values()) {
                begun.run(); // What begins in other threads, such as a second candidate, has begun after this.
            }
            for (Map.Entry<String, Work> operation : operations.entrySet()) {
                compare(operation.getKey(), figures.remove(operation.getKey()), 2, operation.getValue(), wrong);
            }
        }
        figures.keySet().forEach(row -> wrong.add("no operation for the row: " + row));
        requireNone(wrong);
    }

    /** The idle clients renew their leases and look at their own entries now and then; nothing depends on what others do. */
    @Test
    void idleClientsDoNotRaiseTheRequestsOfAMutex() throws Exception {
        List<Sereno> idle = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        try (Sereno client = connect()) {
            for (int i = 0; i < IDLE; i++) {
                Sereno other = connect();
                idle.add(other);
                other.mutex("of" + i).acquire();
            }
            Mutex mutex = client.mutex("beside");
            String row = "acquire and release a mutex that no other client wants";
            compare(row, figures().get(row), IDLE + 1, () -> mutex.acquire().release(), wrong);
        } finally {
            idle.forEach(Sereno::close);
        }
        requireNone(wrong);
    }

    /**
     * Renewals, checks and ticks of a client are at most one request a second, and two at once; beyond that, one request in
     * five runs is allowed for. An operation that takes one more takes it in each run. A third of the ttl after they began,
     * all rights that the clients hold are checked within a moment, whatever is measured at that moment. So the batch with
     * the most requests does not count.
     */
    private void compare(String operation, @Nullable Figure figure, int clients, Work work, List<String> wrong)
            throws Exception {
        work.run();
        long from = System.nanoTime();
        long requests = 0;
        long most = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            long before = counted();
            for (int i = 0; i < TIMES / BATCHES; i++) {
                work.run();
            }
            long taken = counted() - before;
            requests += taken;
            most = Math.max(most, taken);
        }
        double background = clients * (2 + (System.nanoTime() - from) / 1e9);
        double runs = TIMES - TIMES / BATCHES;
        double each = (requests - most) / runs;
        System.out.printf("%-70s %.2f%n", operation, each);
        if (figure == null) {
            wrong.add("no row for the operation: " + operation);
        } else if ((!figure.atMost && each < figure.requests - 0.05)
                || each > figure.requests + 0.2 + background / runs) {
            wrong.add(operation + ": " + each + " requests in place of " + figure);
        }
    }

    private static void requireNone(List<String> wrong) {
        if (!wrong.isEmpty()) {
            throw new AssertionError(String.join("\n", wrong));
        }
    }

    private Map<String, Figure> figures() throws IOException {
        Map<String, Figure> figures = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(guide());
        for (String line : lines.subList(lines.indexOf("| operation | requests |") + 2, lines.size())) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) {
                break;
            }
            figures.put(row.group(1), new Figure(row.group(2) != null, Double.parseDouble(row.group(3))));
        }
        return figures;
    }

    private static Map<String, Work> operations(Sereno one, Sereno other) throws InterruptedException {
        Map<String, Work> operations = new LinkedHashMap<>();
        Mutex mutex = one.mutex("alone");
        operations.put(
                "acquire and release a mutex that no other client wants",
                () -> mutex.acquire().release());
        operations.put("acquire and release a mutex ten times, while another client does the same", () -> {
            FutureTask<Void> rival = inThread(() -> takeTenTimes(other.mutex("contended")));
            takeTenTimes(one.mutex("contended"));
            rival.get(60, TimeUnit.SECONDS);
        });
        locks(one, other, operations);
        elections(one, other, operations);
        tasks(one, operations);
        counters(one, other, operations);
        values(one, other, operations);
        maps(one, other, operations);
        waitGroups(one, other, operations);
        barriers(one, other, operations);
        topics(one, other, operations);
        memberships(one, other, operations);
        IdGenerator ids = one.ids("ids");
        operations.put("make an id within the reserved window", ids::nextId);
        return operations;
    }

    private static void locks(Sereno one, Sereno other, Map<String, Work> operations) throws InterruptedException {
        ReadWriteMutex alone = one.readWriteMutex("alone");
        operations.put(
                "acquire a lock to read that no other client wants, and release it",
                () -> alone.acquireRead().release());
        operations.put(
                "acquire a lock to write, downgrade, and release it",
                () -> alone.acquireWrite().downgrade().release());
        Right reading = other.readWriteMutex("read").acquireRead();
        ReadWriteMutex read = one.readWriteMutex("read");
        operations.put("acquire a lock to read that another client reads, and release it", () -> {
            read.acquireRead().release();
            if (!reading.isHeld()) {
                throw new IllegalStateException("the other reader has lost its right");
            }
        });
        LockSet set = one.lockSet("alone");
        Set<String> names = Set.of("a", "b", "c");
        operations.put(
                "acquire and release three names that no other client wants",
                () -> set.acquire(names).release());
        PermitPool pool = one.permitPool("alone", 2);
        operations.put(
                "acquire and release a permit, while permits are free",
                () -> pool.acquire().release());
        SlotPool slots = one.slotPool("alone", 2);
        operations.put(
                "acquire and release a slot, while slots are free",
                () -> slots.acquire().release());
    }

    private static void elections(Sereno one, Sereno other, Map<String, Work> operations) throws InterruptedException {
        LeaderElection alone = one.election("alone").start();
        alone.awaitLeadership();
        operations.put("resign from an election, and lead again as the only candidate", () -> {
            alone.resign();
            alone.awaitLeadership();
        });
        List<LeaderElection> candidates = new ArrayList<>();
        candidates.add(one.election("rivals").start());
        candidates.get(0).awaitLeadership();
        candidates.add(other.election("rivals").start());
        operations.put("resign from an election, and another client leads", () -> {
            candidates.get(0).resign();
            candidates.get(1).awaitLeadership();
            candidates.add(candidates.remove(0));
        });
    }

    private static void tasks(Sereno one, Map<String, Work> operations) {
        // The body of each run waits until the operation lets it return; the next run begins then.
        SynchronousQueue<Integer> returns = new SynchronousQueue<>();
        one.task("alone").withDelay(Duration.ofMillis(1)).run(grant -> {
            try {
                returns.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // The client closes.
            }
        });
        operations.put("end a run of a task, and begin the next one, as the only node", () -> returns.put(1));
    }

    private static void counters(Sereno one, Sereno other, Map<String, Work> operations) {
        Counter counter = one.counter("alone");
        operations.put("add to a counter that no other client changes", counter::incrementAndGet);
        Counter here = one.counter("shared");
        Counter there = other.counter("shared");
        operations.put("add to a counter in one client, then in another", () -> {
            here.incrementAndGet();
            there.incrementAndGet();
        });
        operations.put("add to a counter " + AT_A_TIME + " times at once", () -> together(() -> counter.addAsync(1)));
        operations.put("read a counter", counter::get);
    }

    private static void values(Sereno one, Sereno other, Map<String, Work> operations) {
        SharedValue<String> alone = one.value("alone", Codec.utf8());
        operations.put("set a value that no other client changes", () -> alone.set("a"));
        operations.put("read a value", alone::get);
        SharedValue<String> followed = one.value("followed", Codec.utf8());
        SharedValue<String> elsewhere = other.value("followed", Codec.utf8());
        CachedValue<String> cached = elsewhere.cached();
        AtomicInteger last = new AtomicInteger();
        operations.put("set a value, and wait for it in another client that keeps it cached", () -> {
            String next = "v" + last.incrementAndGet();
            followed.set(next);
            if (!elsewhere.await(next::equals, LONG)) {
                throw new IllegalStateException("the other client has not seen " + next);
            }
        });
        operations.put("read a cached value", cached::get);
    }

    private static void maps(Sereno one, Sereno other, Map<String, Work> operations) {
        SharedMap<String> alone = one.map("alone", Codec.utf8());
        operations.put(
                "set a value of a map that no other client changes",
                () -> alone.at("a").set("a"));
        operations.put("read a map of one value", alone::getAll);
        SharedMap<String> followed = one.map("followed", Codec.utf8());
        SharedMap<String> elsewhere = other.map("followed", Codec.utf8());
        CachedMap<String> cached = elsewhere.cached();
        AtomicInteger last = new AtomicInteger();
        operations.put("set a value of a map, and wait for it in another client that keeps the map cached", () -> {
            String next = "v" + last.incrementAndGet();
            followed.at("a").set(next);
            if (!elsewhere.await(
                    all -> all.containsKey("a") && all.get("a").value().equals(next), LONG)) {
                throw new IllegalStateException("the other client has not seen " + next);
            }
        });
        operations.put("read a cached map", cached::getAll);
        SharedMap<String> deleted = one.map("deleted", Codec.utf8());
        operations.put("set a value of a map after its deletion, and delete it", () -> {
            deleted.at("a").set("a");
            deleted.at("a").delete();
        });
    }

    private static void waitGroups(Sereno one, Sereno other, Map<String, Work> operations) {
        WaitGroup group = one.waitGroup("alone");
        operations.put("add a worker to a wait group", () -> group.add(1));
        operations.put("report a worker of a wait group done", group::done);
        operations.put("inspect a wait group", group::inspect);
        WaitGroup joined = one.waitGroup("joined");
        joined.add(2 * TIMES);
        operations.put("join a wait group, and be done", () -> joined.join().done());
        WaitGroup awaited = one.waitGroup("awaited");
        WaitGroup elsewhere = other.waitGroup("awaited");
        operations.put("add a worker, wait for it, and report it done in another client", () -> {
            awaited.add(1);
            FutureTask<Void> waiting = inThread(awaited::await);
            elsewhere.done();
            waiting.get(60, TimeUnit.SECONDS);
        });
    }

    private static void barriers(Sereno one, Sereno other, Map<String, Work> operations) {
        Barrier alone = one.barrier("alone", 1);
        operations.put("cross a barrier of one party", () -> alone.await("a"));
        Barrier here = one.barrier("shared", 2);
        Barrier there = other.barrier("shared", 2);
        operations.put("cross a barrier of two parties in two clients", () -> {
            FutureTask<Void> first = inThread(() -> here.await("a"));
            there.await("b");
            first.get(60, TimeUnit.SECONDS);
        });
    }

    private static void topics(Sereno one, Sereno other, Map<String, Work> operations) {
        Topic<String> topic = one.topic("alone", Codec.utf8());
        operations.put("publish a message to a topic that no other client publishes to", () -> topic.publish("m"));
        operations.put("publish " + AT_A_TIME + " messages at once", () -> together(() -> topic.publishAsync("m")));
        Topic<String> here = one.topic("shared", Codec.utf8());
        Topic<String> there = other.topic("shared", Codec.utf8());
        operations.put("publish a message in one client, then in another", () -> {
            here.publish("m");
            there.publish("m");
        });
        Topic<String> read = one.topic("read", Codec.utf8());
        TopicReader<String> reader = other.topic("read", Codec.utf8()).reader(new From.Now());
        operations.put("publish a message, and receive it in another client", () -> {
            read.publish("m");
            reader.next();
        });
    }

    private static void memberships(Sereno one, Sereno other, Map<String, Work> operations) {
        Membership group = one.membership("alone");
        operations.put(
                "join a group of members, and leave it",
                () -> group.join("m", LONG).close());
        operations.put("list the members of a group", group::members);
        Membership observed = one.membership("observed");
        other.membership("observed").onChange(new MembershipListener() {});
        operations.put(
                "join and leave a group that another client observes",
                () -> observed.join("m", LONG).close());
    }

    private static void takeTenTimes(Mutex mutex) throws InterruptedException {
        for (int i = 0; i < 10; i++) {
            mutex.acquire().release();
        }
    }

    private static void together(Supplier<CompletionStage<Long>> call) throws Exception {
        List<CompletionStage<Long>> calls = new ArrayList<>();
        for (int i = 0; i < AT_A_TIME; i++) {
            calls.add(call.get());
        }
        for (CompletionStage<Long> each : calls) {
            each.toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    private static FutureTask<Void> inThread(Work work) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            work.run();
            return null;
        });
        new Thread(task, "requests").start();
        return task;
    }
}
