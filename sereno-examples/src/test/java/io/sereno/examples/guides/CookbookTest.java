package io.sereno.examples.guides;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Barrier;
import io.sereno.CachedMap;
import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import io.sereno.Peer;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.ScheduledTask;
import io.sereno.Sereno;
import io.sereno.SharedValue;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.Subscription;
import io.sereno.Topology;
import io.sereno.Versioned;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The code of docs/guides/cookbook.md. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CookbookTest {
    private final Sereno one = Sereno.connect("memory:/cookbook");
    private final Sereno two = Sereno.connect("memory:/cookbook");
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        one.close();
        two.close();
    }

    /** What a job does, once for each month. */
    interface Ledger {
        void closeMonth(YearMonth month, long fencingToken);
    }

    /** True if this call closed the month, false if it was closed already. */
    static boolean closeOnce(Sereno sereno, YearMonth month, Ledger ledger) throws InterruptedException {
        Counter closed = sereno.counter("closed/" + month);
        return sereno.mutex("close-month").call(grant -> {
            if (closed.get() > 0) {
                return false; // another node has closed it
            }
            ledger.closeMonth(month, grant.fencingToken());
            closed.set(1);
            return true;
        });
    }

    @Test
    void oneNodeClosesTheMonth() throws Exception {
        List<YearMonth> closed = new ArrayList<>();
        Ledger ledger = (month, token) -> closed.add(month);
        YearMonth november = YearMonth.of(2026, 11);
        Callable<Boolean> here = () -> closeOnce(one, november, ledger);
        Callable<Boolean> there = () -> closeOnce(two, november, ledger);
        assertThat(results(List.of(here, there))).containsExactlyInAnyOrder(true, false);
        assertThat(closeOnce(two, november.plusMonths(1), ledger)).isTrue();
        assertThat(closed).containsExactly(november, november.plusMonths(1));
    }

    @Test
    void aMonthWhoseJobFailedIsClosedByTheNextNode() throws Exception {
        YearMonth november = YearMonth.of(2026, 11);
        assertThatThrownBy(() -> closeOnce(one, november, (month, token) -> {
                    throw new IllegalStateException("the disk is full");
                }))
                .hasMessage("the disk is full");
        assertThat(closeOnce(two, november, (month, token) -> {})).isTrue();
    }

    static LeaderElection standForElection(
            Sereno sereno, String address, BlockingQueue<String> inbox, Archive archive, Consumer<Peer> route) {
        return sereno.election("archivist")
                .metadata(Map.of("address", address))
                .onElectedLeader((leadership, topology) -> {
                    try (leadership) { // however the work ends, the next candidate leads
                        while (leadership.isHeld()) {
                            archive.write(inbox.take(), leadership.fencingToken());
                        }
                    } catch (InterruptedException ended) {
                        Thread.currentThread().interrupt(); // this node no longer leads
                    }
                })
                .onLeaderChanged(route)
                .start();
    }

    @Test
    void theLeaderWorksUntilItNoLongerLeads() throws Exception {
        Archive archive = new Archive();
        BlockingQueue<String> inbox = new LinkedBlockingQueue<>();
        BlockingQueue<String> inboxOfSecond = new LinkedBlockingQueue<>();
        BlockingQueue<String> leaders = new LinkedBlockingQueue<>();
        Consumer<Peer> route = leader -> leaders.add(leader.metadata().get("address"));
        try (LeaderElection first = standForElection(one, "a", inbox, archive, route)) {
            assertThat(first.awaitLeadership().isHeld()).isTrue();
            inbox.add("page 1");
            assertThat(leaders.poll(10, TimeUnit.SECONDS)).isEqualTo("a");
            try (LeaderElection second = standForElection(two, "b", inboxOfSecond, archive, leader -> {})) {
                while (archive.pages().isEmpty()) {
                    Thread.onSpinWait();
                }
                first.resign();
                assertThat(second.awaitLeadership().isHeld()).isTrue();
                assertThat(leaders.poll(10, TimeUnit.SECONDS)).isEqualTo("b");
                inboxOfSecond.add("page 2");
                while (archive.pages().size() < 2) {
                    Thread.onSpinWait();
                }
            }
        }
        assertThat(archive.pages()).containsExactly("page 1", "page 2");
    }

    /** What the program does that starts the import, and does again if it was interrupted. */
    static void importAll(Sereno sereno, String name, int parts) throws InterruptedException {
        WaitGroup group = sereno.waitGroup(name);
        sereno.mutex("start/" + name).call(grant -> {
            if (group.inspect().generation() == 0) { // else an earlier attempt has opened the places
                group.add(parts, OnLostWorker.REOPEN);
            }
            return name;
        });
        group.await();
    }

    /** What each node does, as soon as it starts. */
    static void help(Sereno sereno, String name, IntConsumer loadPart) throws InterruptedException {
        WaitGroup group = sereno.waitGroup(name);
        do {
            Optional<Worker> place = group.tryJoin();
            while (place.isPresent()) {
                try (Worker worker = place.get()) {
                    loadPart.accept(worker.number());
                    worker.done();
                }
                place = group.tryJoin();
            }
        } while (!group.await(Duration.ofSeconds(5))); // the part of a node that dies is free again
    }

    @Test
    void twoNodesShareTheParts() throws Exception {
        Callable<Void> parent = () -> {
            importAll(one, "import-2026-11", 7);
            return null;
        };
        Future<Void> parents = threads.submit(parent);
        while (one.waitGroup("import-2026-11").inspect().generation() == 0) {
            Thread.onSpinWait();
        }
        Future<Void> again = threads.submit(parent); // it was restarted
        CountDownLatch bothWork = new CountDownLatch(2);
        Set<Integer> loadedByOne = new ConcurrentSkipListSet<>();
        Set<Integer> loadedByTwo = new ConcurrentSkipListSet<>();
        results(List.of(helper(one, loadedByOne, bothWork), helper(two, loadedByTwo, bothWork)));
        parents.get(10, TimeUnit.SECONDS);
        again.get(10, TimeUnit.SECONDS);
        assertThat(loadedByOne).isNotEmpty();
        assertThat(loadedByTwo).isNotEmpty().doesNotContainAnyElementsOf(loadedByOne);
        loadedByTwo.addAll(loadedByOne);
        assertThat(loadedByTwo).containsExactly(1, 2, 3, 4, 5, 6, 7);
    }

    /** Its first part takes until the other node has a part, too. */
    private static Callable<Void> helper(Sereno node, Set<Integer> loaded, CountDownLatch bothWork) {
        return () -> {
            help(node, "import-2026-11", part -> {
                if (loaded.isEmpty()) {
                    bothWork.countDown();
                    await(bothWork);
                }
                loaded.add(part);
            });
            return null;
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void thePartOfAFailedWorkerIsLoadedByAnother() throws Exception {
        WaitGroup group = one.waitGroup("import-2026-12");
        group.add(2, OnLostWorker.REOPEN);
        assertThatThrownBy(() -> help(one, "import-2026-12", part -> {
                    throw new IllegalStateException("part " + part + " is broken");
                }))
                .hasMessage("part 1 is broken");
        List<Integer> loaded = new ArrayList<>();
        help(two, "import-2026-12", loaded::add);
        assertThat(loaded).containsExactly(1, 2);
    }

    /** Every node calls this when it starts, and closes the task when it stops. */
    static ScheduledTask nightly(Sereno sereno, ZoneId zone, BiConsumer<Instant, Long> report) {
        return sereno.task("nightly-report")
                .next(after -> Optional.of(nextNight(after, zone)))
                .ifRunnerLost(ScheduledTask.IfRunnerLost.RUN_AGAIN)
                .run(grant -> report.accept(grant.due(), grant.fencingToken()));
    }

    /** 02:00 of the local time, also when summer time begins or ends. */
    static Instant nextNight(Instant after, ZoneId zone) {
        LocalDate day = after.atZone(zone).toLocalDate();
        Instant tonight = day.atTime(2, 0).atZone(zone).toInstant();
        return tonight.isAfter(after)
                ? tonight
                : day.plusDays(1).atTime(2, 0).atZone(zone).toInstant();
    }

    @Test
    void aNightIsWaitedForByAllNodes() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        Instant winter = nextNight(Instant.parse("2026-12-01T12:00:00Z"), berlin);
        assertThat(winter).isEqualTo("2026-12-02T01:00:00Z");
        assertThat(nextNight(winter, berlin)).isEqualTo("2026-12-03T01:00:00Z");
        assertThat(nextNight(Instant.parse("2027-03-27T12:00:00Z"), berlin)).isEqualTo("2027-03-28T01:00:00Z");
        assertThat(nextNight(Instant.parse("2027-03-28T01:00:00Z"), berlin)).isEqualTo("2027-03-29T00:00:00Z");
        List<Instant> runs = new ArrayList<>();
        try (ScheduledTask first = nightly(one, berlin, (due, token) -> runs.add(due));
                ScheduledTask second = nightly(two, berlin, (due, token) -> runs.add(due))) {
            assertThat(first.lastRun()).isEqualTo(second.lastRun());
        }
        assertThat(runs).hasSizeLessThan(2); // The test may run at night.
    }

    static void sendImport(Sereno sereno, boolean large, Runnable send) throws InterruptedException {
        PermitPool imports = sereno.permitPool("imports", 8);
        try (Permit permit = imports.acquire(large ? 3 : 1)) {
            send.run();
            if (!permit.isHeld()) {
                throw new IllegalStateException("the permit was lost: another import may run in its place");
            }
        }
    }

    static void changeLimit(Sereno sereno, int limit) {
        sereno.permitPool("imports", 8).setLimit(limit);
    }

    @Test
    void noMoreImportsRunThanTheLimitAllows() throws Exception {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Callable<Void>> imports = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Sereno node = i % 2 == 0 ? one : two;
            boolean large = i % 4 == 0;
            int weight = large ? 3 : 1;
            imports.add(() -> {
                sendImport(node, large, () -> {
                    most.accumulateAndGet(running.addAndGet(weight), Math::max);
                    Thread.onSpinWait();
                    running.addAndGet(-weight);
                });
                return null;
            });
        }
        results(imports);
        assertThat(most).hasValueBetween(1, 8);
        changeLimit(one, 2);
        assertThatThrownBy(() -> sendImport(two, true, () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("weight 3 is above the limit");
        sendImport(two, false, () -> {});
    }

    static void trainOn(Sereno sereno, String host, Consumer<Slot> train) throws InterruptedException {
        SlotPool gpus = sereno.slotPool("gpus/" + host, 4);
        try (Slot gpu = gpus.acquire()) {
            train.accept(gpu);
            if (!gpu.isHeld()) {
                throw new IllegalStateException("GPU " + gpu.number() + " was lost: another training may run on it");
            }
        }
    }

    static Slot workAs(Sereno sereno, int former) throws InterruptedException {
        Slot worker = sereno.slotPool("workers", 1_024).acquire(former);
        return worker;
    }

    @Test
    void noTwoTrainingsRunOnOneGpu() throws Exception {
        Set<Integer> busy = ConcurrentHashMap.newKeySet();
        AtomicInteger clashes = new AtomicInteger();
        List<Callable<Void>> trainings = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Sereno node = i % 2 == 0 ? one : two;
            trainings.add(() -> {
                trainOn(node, "host-1", gpu -> {
                    clashes.addAndGet(busy.add(gpu.number()) && gpu.number() < 4 ? 0 : 1);
                    Thread.onSpinWait();
                    busy.remove(gpu.number());
                });
                return null;
            });
        }
        results(trainings);
        assertThat(clashes).hasValue(0);
        assertThatThrownBy(() -> trainOn(one, "host-2", Slot::close))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("GPU 0 was lost");
    }

    @Test
    void aWorkerGetsItsFormerNumberIfNobodyHasIt() throws Exception {
        workAs(one, 7).release();
        Slot again = workAs(one, 7);
        Slot other = workAs(two, 7);
        assertThat(again.number()).isEqualTo(7);
        assertThat(other.number()).isZero();
        again.release();
        other.release();
    }

    /** Computes all rounds. Each node has some cells, and reads the cells of the others as they were after the round before. */
    static void simulate(Sereno sereno, String run, String node, int nodes, int rounds, IntConsumer compute)
            throws InterruptedException {
        Barrier round = sereno.barrier("simulation/" + run, nodes);
        for (int number = 1; number <= rounds; number++) {
            compute.accept(number);
            round.await(node); // goes on when all nodes have computed this round
        }
    }

    /** False if not all have come within five minutes. Then nobody begins by this call. */
    static boolean loadTogether(Sereno sereno, String test, String generator, int generators, Runnable load)
            throws InterruptedException {
        Barrier start = sereno.barrier("load-test/" + test, generators);
        if (!start.await(generator, Duration.ofMinutes(5))) {
            return false;
        }
        load.run();
        return true;
    }

    @Test
    void noNodeComputesARoundBeforeAllHaveComputedTheOneBefore() throws Exception {
        int nodes = 6;
        int rounds = 20;
        Map<String, Integer> last = new ConcurrentHashMap<>();
        AtomicInteger tooEarly = new AtomicInteger();
        List<Callable<Void>> parties = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            Sereno client = i % 2 == 0 ? one : two;
            String node = "node-" + i;
            last.put(node, 0);
            parties.add(() -> {
                simulate(client, "42", node, nodes, rounds, round -> {
                    last.put(node, round);
                    tooEarly.addAndGet(last.values().stream().allMatch(of -> of >= round - 1) ? 0 : 1);
                });
                return null;
            });
        }
        results(parties);
        assertThat(tooEarly).hasValue(0);
        assertThat(last.values()).containsOnly(rounds);
        assertThat(one.barrier("simulation/42", nodes).inspect().crossings()).isEqualTo(rounds);
    }

    @Test
    void allGeneratorsOfALoadBeginTogether() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        List<Callable<Boolean>> generators = new ArrayList<>();
        for (String generator : List.of("a", "b", "c")) {
            generators.add(() -> loadTogether(two, "peak", generator, 3, loads::incrementAndGet));
        }
        assertThat(results(generators)).containsOnly(true);
        assertThat(loads).hasValue(3);
    }

    static String newId(Sereno sereno) {
        IdGenerator ids = sereno.ids("invoices");
        long id = ids.nextId();
        IdLayout.Parts parts = ids.layout().decode(id);
        return "invoice " + id + ", made at " + parts.time();
    }

    static long nextNumber(Sereno sereno) {
        Counter numbers = sereno.counter("invoice-numbers");
        numbers.setIfAbsent(10_000); // once, before the first number
        return numbers.incrementAndGet();
    }

    @Test
    void idsDifferAndNumbersAreConsecutive() {
        assertThat(newId(one)).isNotEqualTo(newId(two));
        assertThat(nextNumber(one)).isEqualTo(10_001);
        assertThat(nextNumber(two)).isEqualTo(10_002);
    }

    static SharedValue<String> settings(Sereno sereno) {
        return sereno.value("settings", Codec.utf8());
    }

    /** Applies the present settings, and each change. */
    static Subscription followSettings(Sereno sereno, Consumer<String> apply) {
        return settings(sereno)
                .onChange(state -> apply.accept(state.map(Versioned::value).orElse("limit=10")));
    }

    /** Changes the settings that are there, and not those that another operator has changed meanwhile. */
    static boolean edit(Sereno sereno, UnaryOperator<String> editor) {
        Versioned<String> before = settings(sereno).get().orElseThrow();
        return settings(sereno).compareAndSet(before, editor.apply(before.value()));
    }

    @Test
    void eachNodeAppliesTheLatestSettings() throws Exception {
        BlockingQueue<String> applied = new LinkedBlockingQueue<>();
        try (Subscription following = followSettings(two, applied::add)) {
            awaitLast(applied, "limit=10");
            settings(one).set("limit=20");
            awaitLast(applied, "limit=20");
            assertThat(edit(one, settings -> settings.replace("20", "30"))).isTrue();
            awaitLast(applied, "limit=30");
            assertThat(following.ended().toCompletableFuture()).isNotDone();
        }
        assertThat(edit(one, settings -> {
                    settings(two).set("limit=40");
                    return "limit=50";
                }))
                .isFalse();
        assertThat(settings(one).get().orElseThrow().value()).isEqualTo("limit=40");
    }

    private static void awaitLast(BlockingQueue<String> applied, String expected) throws InterruptedException {
        String latest;
        do {
            latest = applied.poll(10, TimeUnit.SECONDS);
            assertThat(latest).as("before 10 s have passed without news").isNotNull();
        } while (!latest.equals(expected));
    }

    /** A feature flag, asked for each request. */
    static final class Flag implements AutoCloseable {
        private final CachedValue<String> cached;

        Flag(Sereno sereno, String name) {
            this.cached = sereno.value("flag/" + name, Codec.utf8()).cached(); // waits for the first state
        }

        boolean isOn() {
            return cached.get().map(Versioned::value).equals(Optional.of("on")); // asks nobody
        }

        boolean isCertain() {
            return cached.isCurrent(); // false while the store is out of reach
        }

        @Override
        public void close() {
            cached.close();
        }
    }

    /** All feature flags, asked for each request. */
    static final class Flags implements AutoCloseable {
        private final CachedMap<String> cached;

        Flags(Sereno sereno) {
            this.cached = sereno.map("flags", Codec.utf8()).cached(); // waits for the first state
        }

        boolean isOn(String name) {
            return cached.get(name).map(Versioned::value).equals(Optional.of("on")); // asks nobody
        }

        @Override
        public void close() {
            cached.close();
        }
    }

    @Test
    void allFlagsAreAskedWithoutTheStore() throws Exception {
        try (Flags here = new Flags(one);
                Flags there = new Flags(two)) {
            assertThat(here.isOn("new-basket")).isFalse();
            one.map("flags", Codec.utf8()).at("new-basket").set("on");
            one.map("flags", Codec.utf8()).at("dark-mode").set("off");
            assertThat(here.isOn("new-basket")).isTrue();
            assertThat(two.map("flags", Codec.utf8()).await(flags -> flags.size() == 2, Duration.ofSeconds(10)))
                    .isTrue();
            assertThat(there.isOn("new-basket")).isTrue();
            assertThat(there.isOn("dark-mode")).isFalse();
        }
    }

    @Test
    void aFlagIsAskedWithoutTheStore() throws Exception {
        SharedValue<String> flag = one.value("flag/new-basket", Codec.utf8());
        try (Flag here = new Flag(one, "new-basket");
                Flag there = new Flag(two, "new-basket")) {
            assertThat(here.isOn()).isFalse();
            flag.set("on");
            assertThat(here.isOn()).isTrue();
            assertThat(here.isCertain()).isTrue();
            assertThat(two.value("flag/new-basket", Codec.utf8()).await("on"::equals, Duration.ofSeconds(10)))
                    .isTrue();
            assertThat(there.isOn()).isTrue();
        }
    }

    /** How a node runs: listed with its version until it is told to stop. */
    static LeaderElection standPrepared(Sereno sereno, int priority, Runnable warmUp, Consumer<Leadership> work) {
        return sereno.election("index")
                .priority(priority)
                .onPreparing(leader -> warmUp.run())
                .onElectedLeader((leadership, topology) -> work.accept(leadership))
                .start();
    }

    /** True if another node leads now, prepared. If it is false, close() makes the next candidate the leader. */
    static boolean handOver(LeaderElection election) throws InterruptedException {
        Topology topology = election.topology();
        for (Peer peer : topology.peers()) {
            boolean other = !Optional.of(peer).equals(topology.self());
            if (other && election.transferTo(peer, Duration.ofSeconds(30))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void aLeaderHandsOverToAPreparedPeer() throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (LeaderElection first = standPrepared(one, 0, () -> {}, leadership -> events.add("first works"));
                LeaderElection second = standPrepared(
                        two, 1, () -> events.add("second warms up"), leadership -> events.add("second works"))) {
            Leadership former = first.awaitLeadership();
            assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("first works");
            while (first.topology().peers().size() < 2) {
                Thread.onSpinWait();
            }
            assertThat(handOver(first)).isTrue();
            assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("second warms up");
            assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("second works");
            assertThat(former.isHeld()).isFalse();
            assertThat(second.awaitLeadership().isHeld()).isTrue();
            assertThat(handOver(first)).as("it does not lead").isFalse();
        }
    }

    static void serve(Sereno sereno, String id, String version, Runnable serveUntilToldToStop, Runnable finishRequests)
            throws InterruptedException {
        try (KeepAlive node = sereno.keepAlive("shop", id, Duration.ofSeconds(10))) {
            node.update(Map.of("version", version, "state", "serving"));
            serveUntilToldToStop.run();
            node.update(Map.of("version", version, "state", "draining"));
            finishRequests.run();
        }
    }

    /** How a rollout goes: one node after another, and one rollout at a time. */
    static void rollOut(Sereno sereno, List<String> nodes, String version, Consumer<String> restart) throws Exception {
        sereno.mutex("rollout").call(grant -> {
            for (String node : nodes) {
                long before = incarnation(sereno, node);
                restart.accept(node);
                awaitServing(sereno, node, before, version);
            }
            return nodes.size();
        });
    }

    static long incarnation(Sereno sereno, String id) {
        return sereno.membership("shop").members().list().stream()
                .filter(member -> member.id().equals(id))
                .mapToLong(Member::incarnation)
                .max()
                .orElse(0);
    }

    static void awaitServing(Sereno sereno, String id, long before, String version) throws Exception {
        CompletableFuture<Void> serving = new CompletableFuture<>();
        MembershipListener listener = new MembershipListener() {
            @Override
            public void joined(Member member, Members members) {
                if (member.id().equals(id)
                        && member.incarnation() > before
                        && member.metadata().equals(Map.of("version", version, "state", "serving"))) {
                    serving.complete(null);
                }
            }

            @Override
            public void updated(Member member, Members members) {
                joined(member, members);
            }
        };
        try (Subscription watching = sereno.membership("shop").onChange(listener)) {
            watching.ended().whenComplete((end, failure) -> serving.cancel(false));
            serving.get(5, TimeUnit.MINUTES); // else the rollout stops here
        }
    }

    @Test
    void aRolloutWaitsForEachNode() throws Exception {
        BlockingQueue<String> stops = new LinkedBlockingQueue<>();
        BlockingQueue<String> drained = new LinkedBlockingQueue<>();
        List<Future<?>> nodes = new ArrayList<>();
        Consumer<String> restart = id -> nodes.add(threads.submit(() -> {
            serve(two, id, "2.0", () -> await(stops), () -> drained.add(id));
            return null;
        }));
        rollOut(one, List.of("node-1", "node-2"), "2.0", restart);
        assertThat(one.membership("shop").members().list())
                .extracting(Member::id)
                .containsExactly("node-1", "node-2");
        stops.addAll(List.of("stop", "stop"));
        for (Future<?> node : nodes) {
            node.get(10, TimeUnit.SECONDS);
        }
        assertThat(drained).containsExactlyInAnyOrder("node-1", "node-2");
        assertThat(one.membership("shop").members().list()).isEmpty();
    }

    private record Running(BlockingQueue<String> stops, Future<?> end) {
        void stop() {
            stops.add("stop");
            try {
                end.get(10, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException("the node has not stopped", e);
            }
        }
    }

    /** As after a change of settings. Until a node is stopped, its former process is listed with the same version. */
    @Test
    void aRolloutOfTheSameVersionWaitsForEachNodeToo() throws Exception {
        Map<String, Running> running = new ConcurrentHashMap<>();
        Consumer<String> start = id -> {
            BlockingQueue<String> stops = new LinkedBlockingQueue<>();
            Future<?> end = threads.submit(() -> {
                serve(two, id, "2.0", () -> await(stops), () -> {});
                return null;
            });
            running.put(id, new Running(stops, end));
        };
        rollOut(one, List.of("node-1", "node-2"), "2.0", start);
        long first = incarnation(one, "node-1");
        List<Long> seen = new ArrayList<>();
        rollOut(one, List.of("node-1", "node-2"), "2.0", id -> {
            seen.add(incarnation(one, "node-1"));
            Running former = requireNonNull(running.get(id));
            threads.execute(() -> {
                former.stop();
                start.accept(id);
            });
        });
        assertThat(seen.get(0)).isEqualTo(first);
        assertThat(seen.get(1))
                .as("when node-2 is restarted, node-1 serves again")
                .isGreaterThan(first);
        running.values().forEach(Running::stop);
    }

    private static void await(BlockingQueue<String> stops) {
        try {
            stops.take();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private <T> List<T> results(List<Callable<T>> calls) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> call : threads.invokeAll(calls)) {
            results.add(call.get());
        }
        return results;
    }
}
