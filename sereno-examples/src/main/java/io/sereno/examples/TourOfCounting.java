package io.sereno.examples;

import static io.sereno.examples.Narrator.since;

import io.sereno.Barrier;
import io.sereno.CachedMap;
import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import io.sereno.Message;
import io.sereno.Sereno;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.Versioned;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Counter, shared value and map, wait group, barrier, topic, membership and ids: the recipes without exclusion. */
final class TourOfCounting {
    static final String IDS = "invoices";

    private static final String COUNTER = "invoices";
    private static final String VALUE = "banner";
    private static final String MAP = "flags";
    private static final String GROUP = "nightly-import";
    private static final String BARRIER = "phase";
    private static final String TOPIC = "orders";
    private static final int PHASES = 5;
    private static final int THREADS = 4;
    private static final int ROUNDS = 100;
    private static final int MESSAGES = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Narrator narrator;
    private final Sereno ada;
    private final Sereno ben;
    private final Sereno cleo;

    TourOfCounting(Narrator narrator, Sereno ada, Sereno ben, Sereno cleo) {
        this.narrator = narrator;
        this.ada = ada;
        this.ben = ben;
        this.cleo = cleo;
    }

    void run() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            oneCount(threads);
            oneValue(threads);
            oneMap();
            oneWait(threads);
            oneMeeting(threads);
            oneStream();
            oneGroup();
            idsForAll(threads);
        } finally {
            threads.shutdownNow();
        }
    }

    /** The objects that keep a value until they are deleted. All others leave nothing. */
    void forget() {
        ada.counter(COUNTER).delete();
        ada.value(VALUE, Codec.utf8()).delete();
        ada.map(MAP, Codec.utf8()).delete();
        ada.waitGroup(GROUP).delete();
        ada.barrier(BARRIER, 3).delete();
        ada.topic(TOPIC, Codec.utf8()).delete();
    }

    private void oneCount(ExecutorService threads) throws Exception {
        long begun = System.nanoTime();
        long greatest = 0;
        for (Future<Long> last : threads.invokeAll(onEachOf(ada, ben, TourOfCounting::count))) {
            greatest = Math.max(greatest, last.get());
        }
        int expected = 2 * THREADS * ROUNDS;
        narrator.check(greatest == expected, "the greatest returned number is " + greatest);
        narrator.check(cleo.counter(COUNTER).get() == expected, "cleo reads another number");
        narrator.say("Counter: two clients with four threads each counted to " + greatest + " in " + since(begun)
                + "; nothing was lost, nothing was counted twice.");
    }

    /** The last number that it received. */
    private static long count(Sereno client) {
        Counter counter = client.counter(COUNTER);
        return IntStream.range(0, ROUNDS)
                .mapToLong(round -> counter.incrementAndGet())
                .max()
                .orElseThrow();
    }

    private void oneValue(ExecutorService threads) throws Exception {
        SharedValue<String> banner = ada.value(VALUE, Codec.utf8());
        banner.set("welcome");
        try (CachedValue<String> cached = cleo.value(VALUE, Codec.utf8()).cached()) {
            Future<Boolean> waiting =
                    threads.submit(() -> cleo.value(VALUE, Codec.utf8()).await("back at 12:00"::equals, PATIENCE));
            Versioned<String> read = ben.value(VALUE, Codec.utf8()).get().orElseThrow();
            narrator.check(banner.compareAndSet(read, "back at 12:00"), "the value was not set");
            narrator.check(
                    !ben.value(VALUE, Codec.utf8()).compareAndSet(read, "closed"), "a former version was replaced");
            narrator.check(waiting.get(), "cleo did not see the change");
            narrator.check(cached.get().orElseThrow().change() == 2, "cleo's cache shows a former version");
        }
        narrator.say("Shared value: ada changed it, cleo saw the change without asking, and ben, who knew an older"
                + " version, could not overwrite it.");
    }

    private void oneMap() throws Exception {
        SharedMap<String> flags = ada.map(MAP, Codec.utf8());
        try (CachedMap<String> cached = cleo.map(MAP, Codec.utf8()).cached()) {
            flags.at("dark-mode").set("on");
            ben.map(MAP, Codec.utf8()).at("new-basket").set("off");
            SharedMap<String> seen = cleo.map(MAP, Codec.utf8());
            narrator.check(seen.await(all -> all.size() == 2, PATIENCE), "cleo did not see both flags");
            flags.at("dark-mode").delete();
            narrator.check(seen.await(all -> all.size() == 1, PATIENCE), "cleo did not see the deletion");
            narrator.check(
                    cached.get("new-basket").orElseThrow().value().equals("off"), "the other flag has changed, too");
        }
        narrator.say("Shared map: cleo saw two flags that ada and ben set, and that ada deleted one of them.");
    }

    private void oneWait(ExecutorService threads) throws Exception {
        WaitGroup group = ada.waitGroup(GROUP);
        group.add(3);
        Future<Boolean> waiting = threads.submit(() -> group.await(PATIENCE));
        for (Sereno client : List.of(ben, cleo, cleo)) {
            narrator.check(!waiting.isDone(), "await() returned before all workers were done");
            try (Worker worker = client.waitGroup(GROUP).join()) {
                worker.done();
            }
        }
        narrator.check(waiting.get(), "await() did not return true when all workers were done");
        narrator.say("Wait group: ada waited for three workers, and continued when the last of them was done.");
    }

    /** Nobody begins the next phase before all have finished this one. */
    private void oneMeeting(ExecutorService threads) throws Exception {
        AtomicIntegerArray finished = new AtomicIntegerArray(PHASES);
        List<Callable<Boolean>> parties = new ArrayList<>();
        for (Sereno client : List.of(ada, ben, cleo)) {
            Barrier barrier = client.barrier(BARRIER, 3);
            parties.add(() -> {
                boolean together = true;
                for (int phase = 0; phase < PHASES; phase++) {
                    finished.incrementAndGet(phase);
                    together &= barrier.await(client.nodeId(), PATIENCE) && finished.get(phase) == 3;
                }
                return together;
            });
        }
        for (Future<Boolean> party : threads.invokeAll(parties)) {
            narrator.check(party.get(), "a party went on before all had finished the phase");
        }
        long crossings = ada.barrier(BARRIER, 3).inspect().crossings();
        narrator.check(crossings == PHASES, "the barrier counts " + crossings + " crossings");
        narrator.say("Barrier: ada, ben and cleo worked in " + PHASES
                + " phases, and nobody began one before all had finished the one before.");
    }

    private void oneStream() throws Exception {
        Topic<String> topic = ada.topic(TOPIC, Codec.utf8());
        try (TopicReader<String> reader = ben.topic(TOPIC, Codec.utf8()).reader(From.offset(1))) {
            long begun = System.nanoTime();
            long last = IntStream.rangeClosed(1, MESSAGES)
                    .mapToObj(i -> topic.publishAsync("order " + i))
                    .reduce((first, second) -> second)
                    .orElseThrow()
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            for (int i = 1; i <= MESSAGES; i++) {
                Message<String> message = reader.next(PATIENCE).orElseThrow();
                narrator.check(message.offset() == i && message.payload().equals("order " + i), "got " + message);
            }
            narrator.check(last == MESSAGES, "the last message has offset " + last);
            narrator.say("Topic: ada published " + MESSAGES + " orders, and ben read them in " + since(begun)
                    + ", each once and in order.");
        }
    }

    private void oneGroup() throws InterruptedException {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        Subscription watching = cleo.membership("workers").onChange(new MembershipListener() {
            @Override
            public void joined(Member member, Members members) {
                seen.add(member.id() + " joined");
            }

            @Override
            public void updated(Member member, Members members) {
                seen.add(member.id() + " is " + member.metadata().get("state"));
            }

            @Override
            public void left(Member member, Members members) {
                seen.add(member.id() + " left");
            }
        });
        List<String> news = new ArrayList<>();
        try (watching) {
            try (KeepAlive node = ben.keepAlive("workers", "node-7", Duration.ofSeconds(5))) {
                news.add(next(seen));
                node.update(Map.of("state", "draining"));
                news.add(next(seen));
            }
            news.add(next(seen));
        }
        narrator.check(news.equals(List.of("node-7 joined", "node-7 is draining", "node-7 left")), "cleo saw " + news);
        narrator.say("Membership: cleo saw that " + String.join(", ", news) + ".");
    }

    private static String next(BlockingQueue<String> seen) throws InterruptedException {
        return String.valueOf(seen.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }

    private void idsForAll(ExecutorService threads) throws Exception {
        Set<Long> ids = new HashSet<>();
        for (Future<List<Long>> drawn : threads.invokeAll(onEachOf(ben, cleo, TourOfCounting::draw))) {
            ids.addAll(drawn.get());
        }
        narrator.check(ids.size() == 2 * THREADS * ROUNDS, "only " + ids.size() + " ids are different");
        long one = ids.iterator().next();
        IdLayout.Parts parts = ada.ids(IDS).layout().decode(one);
        narrator.say("Ids: " + ids.size() + " of them, all different; " + one + " is number " + parts.sequence()
                + " of slot " + parts.slot() + " at " + parts.time() + ".");
    }

    private static List<Long> draw(Sereno client) {
        IdGenerator ids = client.ids(IDS);
        return IntStream.range(0, ROUNDS).mapToObj(round -> ids.nextId()).toList();
    }

    /** The same work, on several threads of each of the two. */
    private static <T> List<Callable<T>> onEachOf(Sereno one, Sereno other, Function<Sereno, T> work) {
        return Stream.of(one, other)
                .flatMap(client -> Collections.nCopies(THREADS, (Callable<T>) () -> work.apply(client)).stream())
                .toList();
    }
}
