package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.IdGenerator;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LockSet;
import io.sereno.Member;
import io.sereno.Message;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.ReadWriteMutex;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.SharedValue;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.Versioned;
import io.sereno.WaitGroup;
import io.sereno.WriteGrant;
import io.sereno.tck.history.CounterModel;
import io.sereno.tck.history.Linearizability;
import io.sereno.tck.history.Linearizability.Call;
import io.sereno.tck.history.Linearizability.Verdict;
import io.sereno.tck.history.LockModel;
import io.sereno.tck.history.Model;
import io.sereno.tck.history.WaitGroupModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Several clients use every recipe all the time, each in a thread of its own, and record their calls and results; then
 * the record is checked: an order of the calls must explain all results.
 */
final class AllRecipes implements AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration TTL = Duration.ofSeconds(45);
    private static final long BUDGET = 5_000_000;

    private final List<Sereno> clients;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> works = new ArrayList<>();
    private final List<Future<?>> readers = new ArrayList<>();
    private final Map<String, Semaphore> progress = new ConcurrentHashMap<>();
    private volatile boolean over;
    private volatile long lastPublished = Long.MAX_VALUE;

    private final Queue<Call<LockModel.Action>> mutex = new ConcurrentLinkedQueue<>();
    private final Queue<Call<LockModel.Action>> writers = new ConcurrentLinkedQueue<>();
    private final Queue<Call<LockModel.Action>> lockSet = new ConcurrentLinkedQueue<>();
    private final Queue<Call<LockModel.Action>> election = new ConcurrentLinkedQueue<>();
    private final Queue<Call<CounterModel.Action>> counter = new ConcurrentLinkedQueue<>();
    private final Queue<Call<CounterModel.Action>> value = new ConcurrentLinkedQueue<>();
    private final Queue<Call<CounterModel.Action>> map = new ConcurrentLinkedQueue<>();
    private final AtomicLong numbers = new AtomicLong();
    private final Queue<Call<WaitGroupModel.Action>> waitGroup = new ConcurrentLinkedQueue<>();
    private final Map<Long, String> published = new ConcurrentHashMap<>();
    private final Set<String> perhapsPublished = ConcurrentHashMap.newKeySet();
    private final Map<String, List<Message<String>>> received = new ConcurrentHashMap<>();
    private final Set<Long> ids = ConcurrentHashMap.newKeySet();
    private final List<KeepAlive> members = new ArrayList<>();

    AllRecipes(List<Sereno> clients) {
        this.clients = List.copyOf(clients);
    }

    void begin() throws InterruptedException {
        for (Sereno sereno : clients) {
            members.add(sereno.membership("members").join(sereno.nodeId(), TTL));
        }
        for (Sereno sereno : clients) {
            begin(sereno, "mutex", () -> holdMutex(sereno));
            begin(sereno, "read-write mutex", () -> readAndWrite(sereno));
            begin(sereno, "lock set", () -> holdNames(sereno));
            begin(sereno, "election", () -> lead(sereno));
            begin(sereno, "counter", () -> count(sereno));
            begin(sereno, "value", () -> change(sereno, "value", value(sereno), value));
            begin(sereno, "map", () -> change(sereno, "map", ofMap(sereno), map));
            begin(sereno, "wait group", () -> work(sereno));
            begin(sereno, "topic", () -> publish(sereno));
            begin(sereno, "ids", () -> makeIds(sereno));
            TopicReader<String> reader = topic(sereno).reader(new From.Earliest());
            readers.add(threads.submit(() -> read(sereno, reader)));
        }
        works.add(threads.submit(this::await));
    }

    private void begin(Sereno sereno, String recipe, Callable<Void> work) {
        progress.put(sereno.nodeId() + "'s " + recipe, new Semaphore(0));
        works.add(threads.submit(work));
    }

    private void done(Sereno sereno, String recipe) {
        Objects.requireNonNull(progress.get(sereno.nodeId() + "'s " + recipe)).release();
    }

    /** Waits until each recipe of each of these clients has made progress. */
    void awaitProgress(Collection<Sereno> ofThese) throws Exception {
        progress.values().forEach(Semaphore::drainPermits);
        Set<String> names = ofThese.stream().map(Sereno::nodeId).collect(Collectors.toSet());
        for (Map.Entry<String, Semaphore> each : progress.entrySet()) {
            if (names.contains(each.getKey().substring(0, each.getKey().indexOf('\'')))) {
                boolean goesOn = each.getValue().tryAcquire(3, SOON.toSeconds(), TimeUnit.SECONDS);
                for (Future<?> work : works) {
                    if (work.isDone()) {
                        work.get(); // it has failed
                    }
                }
                assertThat(goesOn).as(each.getKey() + " goes on").isTrue();
            }
        }
    }

    private Void holdMutex(Sereno sereno) throws InterruptedException {
        Mutex shared = sereno.mutex("shared");
        while (!over) {
            long invoked = System.nanoTime();
            Grant grant = shared.acquire();
            held(sereno, mutex, grant, invoked);
            grant.release();
            done(sereno, "mutex");
        }
        return null;
    }

    /** Writes, goes on reading, and reads again. */
    private Void readAndWrite(Sereno sereno) throws InterruptedException {
        ReadWriteMutex shared = sereno.readWriteMutex("shared");
        while (!over) {
            long invoked = System.nanoTime();
            WriteGrant grant = shared.acquireWrite();
            held(sereno, writers, grant, invoked);
            grant.downgrade().release();
            shared.acquireRead().release();
            done(sereno, "read-write mutex");
        }
        return null;
    }

    /** Each request has one name of its own, and one that all share. */
    private Void holdNames(Sereno sereno) throws InterruptedException {
        LockSet names = sereno.lockSet("shared");
        while (!over) {
            long invoked = System.nanoTime();
            Grant grant = names.acquire(Set.of("all", sereno.nodeId()));
            held(sereno, lockSet, grant, invoked);
            grant.release();
            done(sereno, "lock set");
        }
        return null;
    }

    private Void lead(Sereno sereno) throws InterruptedException {
        try (LeaderElection candidate = sereno.election("shared").start()) {
            long since = System.nanoTime();
            while (!over) {
                try {
                    Optional<Leadership> led = candidate.awaitLeadership(Duration.ofMillis(500));
                    if (led.isPresent()) {
                        since = held(sereno, election, led.get(), since);
                        candidate.resign();
                        done(sereno, "election");
                    }
                } catch (NotAppliedException e) {
                    // The store was out of reach.
                }
            }
        }
        return null;
    }

    /** The grant was held from the first moment on. Returns the moment from which it is released or lost. */
    private static long held(Sereno sereno, Queue<Call<LockModel.Action>> history, Grant grant, long invoked) {
        long granted = System.nanoTime();
        long token = grant.fencingToken();
        history.add(new Call<>(sereno.nodeId(), invoked, granted, new LockModel.Acquired(token)));
        long given = System.nanoTime();
        long until = grant.isHeld() ? given : granted;
        history.add(new Call<>(sereno.nodeId(), until, Long.MAX_VALUE, new LockModel.Released(token)));
        return given;
    }

    /** Each change sets a number of its own; 0 stands for no value. */
    private Void change(
            Sereno sereno, String recipe, SharedValue<String> shared, Queue<Call<CounterModel.Action>> calls) {
        while (!over) {
            long number = numbers.incrementAndGet();
            AtomicLong replaced = new AtomicLong();
            long invoked = System.nanoTime();
            try {
                shared.updateAndGet(before -> {
                    replaced.set(number(before));
                    return Long.toString(number);
                });
                calls.add(new Call<>(
                        sereno.nodeId(),
                        invoked,
                        System.nanoTime(),
                        new CounterModel.Set(number, Optional.of(replaced.get()))));
                done(sereno, recipe);
            } catch (OutcomeUnknownException e) {
                calls.add(new Call<>(
                        sereno.nodeId(), invoked, Long.MAX_VALUE, new CounterModel.Set(number, Optional.empty())));
            } catch (NotAppliedException e) {
                // The call had no effect.
            }
        }
        return null;
    }

    private static SharedValue<String> value(Sereno sereno) {
        return sereno.value("shared", Codec.utf8());
    }

    private static SharedValue<String> ofMap(Sereno sereno) {
        return sereno.map("shared", Codec.utf8()).at("key");
    }

    private static long number(Optional<String> value) {
        return value.map(Long::parseLong).orElse(0L);
    }

    private Void count(Sereno sereno) {
        Counter shared = sereno.counter("shared");
        while (!over) {
            long invoked = System.nanoTime();
            try {
                long sum = shared.incrementAndGet();
                counter.add(new Call<>(
                        sereno.nodeId(), invoked, System.nanoTime(), new CounterModel.Add(1, Optional.of(sum))));
                done(sereno, "counter");
            } catch (OutcomeUnknownException e) {
                counter.add(new Call<>(
                        sereno.nodeId(), invoked, Long.MAX_VALUE, new CounterModel.Add(1, Optional.empty())));
            } catch (NotAppliedException e) {
                // The call had no effect.
            }
        }
        return null;
    }

    /**
     * Opens a place and is done with it, alternately as a tracked worker. A client without a server for longer than its
     * session lives is lost as a worker: then its place is open again, as if it had never been taken.
     */
    private Void work(Sereno sereno) {
        WaitGroup shared = sereno.waitGroup("shared");
        for (int i = 0; !over; i++) {
            boolean tracked = i % 2 == 0;
            if (reported(sereno, new WaitGroupModel.Added(1), () -> shared.add(1, WaitGroup.OnLostWorker.REOPEN))
                    && reported(sereno, new WaitGroupModel.Done(), () -> {
                        if (tracked) {
                            shared.join().done();
                        } else {
                            shared.done();
                        }
                    })) {
                done(sereno, "wait group");
            }
        }
        return null;
    }

    /** False if it is not known, or certainly did not happen. */
    private boolean reported(Sereno sereno, WaitGroupModel.Action action, Runnable call) {
        long invoked = System.nanoTime();
        try {
            call.run();
            waitGroup.add(new Call<>(sereno.nodeId(), invoked, System.nanoTime(), action));
            return true;
        } catch (OutcomeUnknownException e) {
            waitGroup.add(new Call<>(sereno.nodeId(), invoked, Long.MAX_VALUE, action));
        } catch (NotAppliedException | GrantLostException e) {
            // The call had no effect.
        }
        return false;
    }

    private Void await() throws InterruptedException {
        Sereno sereno = clients.get(0);
        while (!over) {
            long invoked = System.nanoTime();
            try {
                if (sereno.waitGroup("shared").await(Duration.ofMillis(500))) {
                    waitGroup.add(
                            new Call<>(sereno.nodeId(), invoked, System.nanoTime(), new WaitGroupModel.Awaited()));
                }
            } catch (NotAppliedException e) {
                // The store was out of reach.
            }
        }
        return null;
    }

    /** Keeps everything: a client whose server is down for a while reads all messages later. */
    private static Topic<String> topic(Sereno sereno) {
        return sereno.topic("shared", Codec.utf8()).withRetention(new Retention(1_000_000, Optional.empty()));
    }

    private Void publish(Sereno sereno) {
        Topic<String> shared = topic(sereno);
        for (int i = 0; !over; i++) {
            String payload = sereno.nodeId() + " " + i;
            try {
                published.put(shared.publish(payload), payload);
                done(sereno, "topic");
            } catch (OutcomeUnknownException e) {
                perhapsPublished.add(payload);
            } catch (NotAppliedException e) {
                // The call had no effect.
            }
        }
        return null;
    }

    /** Continues until all published messages have been read. */
    private Void read(Sereno sereno, TopicReader<String> reader) throws InterruptedException {
        List<Message<String>> read = new ArrayList<>();
        received.put(sereno.nodeId(), read);
        try (reader) {
            while (read.size() < lastPublished) {
                try {
                    reader.next(Duration.ofMillis(500)).ifPresent(read::add);
                } catch (NotAppliedException e) {
                    // The store was out of reach.
                }
            }
        }
        return null;
    }

    private Void makeIds(Sereno sereno) throws InterruptedException {
        IdGenerator shared = sereno.ids("shared");
        while (!over) {
            try {
                for (long id : shared.nextIds(10)) {
                    assertThat(ids.add(id)).as("id " + id + " is new").isTrue();
                }
                done(sereno, "ids");
            } catch (NotAppliedException | OutcomeUnknownException e) {
                // No id was handed out.
            }
        }
        return null;
    }

    /** Ends the work and judges the record. */
    void judge() throws Exception {
        over = true;
        for (Future<?> work : works) {
            work.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
        lastPublished = Collections.max(published.keySet());
        for (Future<?> reader : readers) {
            reader.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
        long invoked = System.nanoTime();
        long sum = clients.get(0).counter("shared").get();
        counter.add(new Call<>("judge", invoked, System.nanoTime(), new CounterModel.Get(sum)));
        invoked = System.nanoTime();
        long number = number(value(clients.get(0)).get().map(Versioned::value));
        value.add(new Call<>("judge", invoked, System.nanoTime(), new CounterModel.Get(number)));
        invoked = System.nanoTime();
        number = number(ofMap(clients.get(0)).get().map(Versioned::value));
        map.add(new Call<>("judge", invoked, System.nanoTime(), new CounterModel.Get(number)));
        judge("mutex", mutex, new LockModel());
        judge("read-write mutex", writers, new LockModel());
        judge("lock set", lockSet, new LockModel());
        judge("election", election, new LockModel());
        judge("counter", counter, new CounterModel());
        judge("value", value, new CounterModel());
        judge("map", map, new CounterModel());
        judge("wait group", waitGroup, new WaitGroupModel());
        judgeTopic();
        for (Sereno sereno : clients) {
            assertThat(sereno.membership("members").members().list())
                    .extracting(Member::id)
                    .containsExactlyInAnyOrderElementsOf(
                            clients.stream().map(Sereno::nodeId).toList());
        }
        assertThat(members).extracting(KeepAlive::state).containsOnly(KeepAlive.State.LISTED);
    }

    private static <S, A> void judge(String recipe, Collection<Call<A>> history, Model<S, A> model) {
        Linearizability.Result<A> result = Linearizability.check(List.copyOf(history), model, BUDGET);
        assertThat(result.verdict())
                .as(recipe + ", a history of " + history.size() + " calls; stuck at " + result.stuck())
                .isEqualTo(Verdict.LINEARIZABLE);
        assertThat(history).as(recipe).hasSizeGreaterThan(50);
    }

    /** One dense order for all readers: each message once, and each at its reported offset. */
    private void judgeTopic() {
        Map<Long, String> order = new HashMap<>();
        received.forEach((reader, messages) -> {
            for (int i = 0; i < messages.size(); i++) {
                Message<String> message = messages.get(i);
                assertThat(message.offset()).as(reader).isEqualTo(i + 1L);
                String before = order.putIfAbsent(message.offset(), message.payload());
                assertThat(before == null || before.equals(message.payload())).isTrue();
            }
        });
        assertThat(order).containsAllEntriesOf(published);
        assertThat(order.values()).doesNotHaveDuplicates();
        assertThat(order.values())
                .allMatch(payload -> published.containsValue(payload) || perhapsPublished.contains(payload));
    }

    @Override
    public void close() {
        over = true;
        threads.shutdownNow();
        clients.forEach(Sereno::close);
    }
}
