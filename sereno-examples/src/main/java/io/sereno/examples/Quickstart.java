package io.sereno.examples;

import static io.sereno.examples.Narrator.since;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Peer;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.ScheduledTask;
import io.sereno.Sereno;
import io.sereno.Slot;
import io.sereno.TaskGrant;
import io.sereno.Topology;
import io.sereno.WriteGrant;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * A tour of all recipes in a few seconds, which {@code ./quickstart} runs: several clients, as if each were a process of its own, share a
 * lock, count, wait for each other and elect a leader, and the leader is cut off from the store. Every claim that is printed has been checked.
 */
public final class Quickstart {
    private static final Logger LOG = Logger.getLogger("io.sereno");
    private static final List<Logger> CLIENT_LIBRARIES = Stream.of("io.grpc", "io.netty", "io.lettuce", "org.apache")
            .map(Logger::getLogger)
            .toList();
    private static final String ELECTION = "scheduler";
    private static final int THREADS = 4;
    private static final int ROUNDS = 100;

    private final Narrator narrator;

    Quickstart(PrintStream out) {
        this.narrator = new Narrator(out);
    }

    public static void main(String[] args) throws Exception {
        // The tour causes the only outage, and prints its own lines about it.
        LOG.setLevel(Level.SEVERE);
        // Lines of client libraries about the machine are left out as well.
        CLIENT_LIBRARIES.forEach(library -> library.setLevel(Level.WARNING));
        new Quickstart(System.out).run(args.length == 0 ? "memory:/quickstart" : args[0]);
    }

    void run(String uri) throws Exception {
        String forgotten;
        try (Sereno ada = client("ada", "cuttable-" + uri);
                Sereno ben = client("ben", uri);
                Sereno cleo = client("cleo", uri)) {
            // Below a unique name, so that tours do not collide with each other or with other applications.
            String tour = "tour-" + UUID.randomUUID();
            run(ada.withNamespace(tour), ben.withNamespace(tour), cleo.withNamespace(tour));
            forgotten = "@" + tour + "/ids/" + TourOfCounting.IDS;
        }
        forget(uri, forgotten);
    }

    private void run(Sereno ada, Sereno ben, Sereno cleo) throws Exception {
        oneLock(ada, ben);
        readersAndAWriter(ada, ben, cleo);
        permits(ada, ben, cleo);
        slots(ada, ben);
        task(List.of(ada, ben, cleo));
        TourOfCounting counting = new TourOfCounting(narrator, ada, ben, cleo);
        try {
            counting.run();
        } finally {
            counting.forget();
        }
        oneLeader(ada, ben, cleo);
    }

    /**
     * Ids stay unique for ever, so their reservations stay in the store, and no recipe deletes them. But the ids of the
     * tour are not kept.
     */
    @SuppressWarnings("try") // the client is opened for the wire that comes with it
    private static void forget(String uri, String directory) throws Exception {
        try (Sereno last = client("last", "cuttable-" + uri)) {
            Backend store = CuttableStore.latestWire();
            Commit.Builder deletions = Commit.to(directory);
            store.read(new Query.All(directory))
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS)
                    .entries()
                    .forEach(entry -> deletions.delete(entry.name()));
            store.commit(deletions.build()).toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static Sereno client(String name, String uri) {
        // Two seconds, so that the tour is short; the default is ten.
        return Sereno.builder()
                .uri(uri)
                .nodeId(name)
                .sessionTtl(Duration.ofSeconds(2))
                .connect();
    }

    /** Two clients with four threads each change what no lock but this one guards. */
    private void oneLock(Sereno ada, Sereno ben) throws Exception {
        List<Long> tokens = new ArrayList<>();
        List<Callable<Void>> work = new ArrayList<>();
        for (Sereno sereno : List.of(ada, ben)) {
            Mutex mutex = sereno.mutex("close-month");
            for (int i = 0; i < THREADS; i++) {
                work.add(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        mutex.call(grant -> tokens.add(grant.fencingToken()));
                    }
                    return null;
                });
            }
        }
        ExecutorService threads = Executors.newFixedThreadPool(work.size());
        try {
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdown();
        }
        check(tokens.size() == work.size() * ROUNDS, "a hold of the lock is missing");
        for (int i = 1; i < tokens.size(); i++) {
            check(tokens.get(i - 1) < tokens.get(i), "a token is not greater than the one before");
        }
        say("Lock: two clients with four threads each held it " + tokens.size()
                + " times, one at a time; the fencing tokens rose from "
                + tokens.get(0) + " to " + tokens.get(tokens.size() - 1) + ".");
    }

    /** Readers share a lock; a writer waits for them, and lets them in again before it is done. */
    private void readersAndAWriter(Sereno ada, Sereno ben, Sereno cleo) throws Exception {
        Right first = ada.readWriteMutex("prices").acquireRead();
        Right second = ben.readWriteMutex("prices").acquireRead();
        ReadWriteMutex cleos = cleo.readWriteMutex("prices");
        check(cleos.tryAcquireWrite().isEmpty(), "a writer was let in beside readers");
        check(first.isHeld() && second.isHeld(), "two readers do not hold together");
        first.release();
        second.release();
        WriteGrant writing = cleos.acquireWrite();
        check(ada.readWriteMutex("prices").tryAcquireRead().isEmpty(), "a reader was let in beside a writer");
        try (Right reading = writing.downgrade();
                Right third = ada.readWriteMutex("prices").acquireRead()) {
            check(reading.isHeld() && third.isHeld(), "a downgrade lets no reader in");
        }
        try (Grant both = ada.lockSet("accounts").acquire(Set.of("alice", "bob"))) {
            check(
                    both.isHeld()
                            && ben.lockSet("accounts")
                                    .tryAcquire(Set.of("bob"), Duration.ZERO)
                                    .isEmpty(),
                    "a name was granted twice");
        }
        say("Locks for readers: ada and ben read together, cleo wrote alone and let ada read again;"
                + " ada held two accounts at once.");
    }

    /** Three permits for all; whoever finds none waits, and a raised limit lets it in. */
    private void permits(Sereno ada, Sereno ben, Sereno cleo) throws Exception {
        Permit two = ada.permitPool("uploads", 3).acquire(2);
        Permit one = ben.permitPool("uploads", 3).acquire();
        PermitPool cleos = cleo.permitPool("uploads", 3);
        check(two.isHeld() && one.isHeld(), "permits within the limit are not held together");
        check(cleos.tryAcquire().isEmpty(), "a fourth permit was granted of three");
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<Permit> waiting = thread.submit(() -> cleos.acquire());
            ada.permitPool("uploads", 3).setLimit(4);
            try (Permit last = waiting.get(10, TimeUnit.SECONDS)) {
                check(last.isHeld(), "a raised limit lets nobody in");
            }
        } finally {
            thread.shutdown();
        }
        two.release();
        one.release();
        cleos.setLimit(3);
        say("Permits: ada and ben had all three, cleo waited, and got one when the limit was raised.");
    }

    /** Three nodes with the same schedule; each due time is begun by one of them. */
    private void task(List<Sereno> nodes) throws Exception {
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        List<ScheduledTask> tasks = new ArrayList<>();
        try {
            for (Sereno node : nodes) {
                tasks.add(node.task("report").every(Duration.ofMillis(100)).run(runs::add));
            }
            TaskGrant before = next(runs);
            for (int i = 0; i < 2; i++) {
                TaskGrant run = next(runs);
                check(run.due().isAfter(before.due()), "a due time was begun twice");
                check(run.fencingToken() > before.fencingToken(), "the token of a later run is not greater");
                before = run;
            }
        } finally {
            tasks.forEach(ScheduledTask::close);
        }
        nodes.get(0).task("report").forgetRuns();
        say("Task: ada, ben and cleo had the same schedule, and one of them began each due time.");
    }

    private TaskGrant next(BlockingQueue<TaskGrant> runs) throws InterruptedException {
        TaskGrant run = runs.poll(10, TimeUnit.SECONDS);
        check(run != null, "no node has begun a due time");
        return Objects.requireNonNull(run);
    }

    /** Each has a number of its own; one that is given back is the next one's. */
    private void slots(Sereno ada, Sereno ben) throws Exception {
        Slot first = ada.slotPool("workers", 2).acquire(1);
        Slot second = ben.slotPool("workers", 2).acquire(1);
        check(first.number() == 1 && second.number() == 0, "two clients have the same number, or not the free one");
        check(ben.slotPool("workers", 2).tryAcquire().isEmpty(), "a third slot was granted of two");
        first.release();
        Slot third = ben.slotPool("workers", 2).acquire();
        check(
                third.number() == 1 && third.fencingToken() > first.fencingToken(),
                "the number that came back was not granted, or with a lower token");
        third.release();
        second.release();
        say("Slots: ada was worker 1 and ben worker 0; when ada gave 1 back, ben got it with a greater token.");
    }

    private void oneLeader(Sereno ada, Sereno ben, Sereno cleo) throws Exception {
        Leadership first = ada.election(ELECTION).start().awaitLeadership();
        LeaderElection bens = standBy(ben.election(ELECTION));
        // The candidates in line, each time that cleo sees ada join.
        BlockingQueue<List<String>> adaJoins = new LinkedBlockingQueue<>();
        LeaderElection cleos = standBy(cleo.election(ELECTION).onPeerJoined((peer, topology) -> {
            if (peer.nodeId().equals("ada")) {
                adaJoins.add(topology.peers().stream().map(Peer::nodeId).toList());
            }
        }));
        adaJoins.take();
        String leader = cleos.topology().leader().map(Peer::nodeId).orElse("nobody");
        check(leader.equals("ada"), "ada leads, and cleo takes " + leader + " for the leader");
        say("Election: ada leads with token " + first.fencingToken() + "; ben and cleo stand by.");

        FaultyBackend wire = CuttableStore.latestWire();
        wire.cutOff(Duration.ofMillis(100));
        long cut = System.nanoTime();
        say("ada is cut off from the store.");
        LossCause cause = first.lost().toCompletableFuture().get(10, TimeUnit.SECONDS);
        check(!first.isHeld(), "ada still believes that it leads");
        say("ada knows by its own clock, " + since(cut) + " later, that it no longer leads: " + cause + ".");
        Leadership second = bens.awaitLeadership(Duration.ofSeconds(10)).orElseThrow();
        check(second.fencingToken() > first.fencingToken(), "the second leader's token is not greater");
        say("ben leads " + since(cut) + " after the cut with token " + second.fencingToken() + ".");

        wire.heal();
        List<String> line = adaJoins.poll(10, TimeUnit.SECONDS);
        check(line != null && line.equals(List.of("ben", "cleo", "ada")), "ada is back, and the queue is " + line);
        say("ada is connected again and has queued again: " + String.join(", ", line) + ".");
        long resigned = System.nanoTime();
        bens.resign();
        Leadership third = cleos.awaitLeadership(Duration.ofSeconds(10)).orElseThrow();
        check(third.fencingToken() > second.fencingToken(), "the third leader's token is not greater");
        say("ben resigned; cleo leads " + since(resigned) + " later with token " + third.fencingToken() + ".");
    }

    /** Returns when the candidate is in line. */
    private static LeaderElection standBy(LeaderElection election) throws Exception {
        CompletableFuture<Topology> follows = new CompletableFuture<>();
        election.onElectedFollower(follows::complete).start();
        follows.get(10, TimeUnit.SECONDS);
        return election;
    }

    private void check(boolean asPromised, String otherwise) {
        narrator.check(asPromised, otherwise);
    }

    private void say(String sentence) {
        narrator.say(sentence);
    }
}
