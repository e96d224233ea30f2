package io.sereno.tck;

import io.sereno.Codec;
import io.sereno.Grant;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.OutcomeUnknownException;
import io.sereno.Retention;
import io.sereno.Topic;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Write;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** What all recipes have in common. */
class RecipeRules {
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final int OPERATIONS = 32;
    private static final int VALUE_BYTES = 64 * 1024;
    private static final int COMMIT_BYTES = 128 * 1024;

    @Rule(value = "REC-1", waits = true, check = "what the recipes ask of a backend that takes no more than the least")
    void recipesUseNoMoreThanTheLeast(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", new Least(backend)));
        useEverything(bench, node);
        int commits = 0;
        for (Operation operation : recorder.history().operations()) {
            if (operation.call() instanceof Call.Commit call) {
                commits++;
                int bytes = 0;
                for (Condition condition : call.commit().conditions()) {
                    bytes += io.sereno.spi.Bytes.utf8(condition.name()).size();
                }
                int largest = 0;
                for (Write write : call.commit().writes()) {
                    int value = write instanceof Write.Put put ? put.value().size() : 0;
                    largest = Math.max(largest, value);
                    bytes += value + io.sereno.spi.Bytes.utf8(write.name()).size();
                }
                int total = bytes;
                int value = largest;
                bench.verify(
                        call.commit().conditions().size() <= OPERATIONS
                                && call.commit().writes().size() <= OPERATIONS
                                && value <= VALUE_BYTES
                                && total <= COMMIT_BYTES,
                        () -> "a commit to " + call.commit().directory() + " has "
                                + call.commit().conditions().size() + " conditions, "
                                + call.commit().writes().size() + " writes, a value of " + value + " bytes and " + total
                                + " bytes in all; the least that every backend accepts is 32, 32, 64 KiB and 128 KiB");
            }
        }
        bench.evidence("commits", commits, 30);
    }

    @Rule(value = "REC-2", waits = true, check = "under which lease an entry that is there is put again")
    void recipesKeepTheBindingOfAnEntry(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", backend));
        useEverything(bench, node);
        Map<String, Long> bound = new HashMap<>();
        int again = 0;
        for (Operation operation : recorder.history().operations()) {
            if (operation.call() instanceof Call.Commit call) {
                for (Write write : call.commit().writes()) {
                    String entry = call.commit().directory() + " " + write.name();
                    boolean creates = call.commit().conditions().stream()
                            .anyMatch(condition -> condition instanceof Condition.Absent
                                    && condition.name().equals(write.name()));
                    if (write instanceof Write.Put put) {
                        Long before = bound.put(entry, put.leaseId());
                        if (!creates && before != null) {
                            again++;
                            bench.verify(
                                    before == put.leaseId(),
                                    () -> "entry " + entry + " was bound to lease " + before
                                            + ", and was put again under lease " + put.leaseId());
                        }
                    } else {
                        bound.remove(entry);
                    }
                }
            }
        }
        bench.evidence("entries put again", again, 5);
    }

    /** Each recipe once, with what makes its commits large. */
    private static void useEverything(Bench bench, Node node) {
        Grant grant = node.told("acquire", node.sereno().mutex("m")::acquire);
        node.tells("release", grant::release);
        LeaderElection candidate = node.sereno().election("e").start();
        LeaderRules.lead(bench, node, candidate);
        node.told("metadata", () -> candidate.metadata(Map.of("a", "b")));
        node.tells("resign", candidate::resign);
        LeaderRules.lead(bench, node, candidate);
        node.tells("close", candidate::close);
        for (int i = 0; i < 5; i++) {
            node.told("add", () -> node.sereno().counter("c").addAndGet(1));
        }
        node.tells("delete", () -> node.sereno().counter("c").delete());
        WaitGroup group = node.sereno().waitGroup("w");
        node.tells("add", () -> group.add(3));
        Worker worker = node.told("join", group::join);
        node.tells("done", worker::done);
        node.tells("done", group::done);
        node.tells("delete", group::delete);
        Topic<String> topic = node.sereno().topic("t", Codec.utf8()).withRetention(new Retention(5, Optional.empty()));
        for (int i = 0; i < 12; i++) {
            String message = "x".repeat(i == 5 ? 60 * 1024 : 10);
            node.told("publish", () -> topic.publish(message));
        }
        node.tells("publishAsync 100 times", () -> {
            List<java.util.concurrent.CompletableFuture<Long>> stages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                stages.add(topic.publishAsync("y".repeat(5_000)).toCompletableFuture());
            }
            for (var stage : stages) {
                stage.join();
            }
        });
        node.tells("delete", topic::delete);
        KeepAlive member = node.told("join", () -> node.sereno().membership("g").join("one", Node.steady(bench)));
        node.tells("update", () -> member.update(Map.of("k", "v".repeat(10_000))));
        node.tells("close", member::close);
        node.told("nextId", node.sereno().ids("i")::nextId);
    }

    /** Says that it takes no more than every backend has to. */
    private static final class Least extends Between {
        Least(Backend below) {
            super(below);
        }

        @Override
        public Guarantees guarantees() {
            Guarantees all = super.guarantees();
            return new Guarantees(
                    all.backend(),
                    all.serverVersion(),
                    all.promises(),
                    all.leastTtl(),
                    all.greatestTtl(),
                    all.ttlGranularity(),
                    all.expiryLateness(),
                    all.recovery(),
                    all.emptyDirectoryGrace(),
                    16,
                    COMMIT_BYTES,
                    VALUE_BYTES,
                    COMMIT_BYTES,
                    1024 * 1024,
                    OPERATIONS,
                    OPERATIONS);
        }
    }

    @Rule(value = "REC-4", waits = true, check = "LIF-8, and whether each recipe takes away what it put")
    void whatIsGivenBackLeavesNothing(Bench bench) {
        Node node = Node.in(bench);
        int names = bench.kit().pace().isReal() ? 60 : 400;
        node.tells("acquire and release " + names + " names", () -> {
            for (int i = 0; i < names; i++) {
                node.sereno().mutex("name-" + i).acquire().release();
            }
        });
        LeaderElection candidate = node.sereno().election("e").start();
        LeaderRules.lead(bench, node, candidate);
        node.tells("close", candidate::close);
        KeepAlive member = node.told("join", () -> node.sereno().membership("g").join("one", Node.steady(bench)));
        node.tells("close", member::close);
        node.tells("add", () -> node.sereno().counter("c").addAndGet(5));
        node.tells("delete", () -> node.sereno().counter("c").delete());
        node.told("nextId", node.sereno().ids("i")::nextId);
        node.tells("close", node.sereno()::close);
        for (int i = 0; i < names; i++) {
            bench.same("the entries of a mutex that was given back", List.of(), names(bench, "lock/name-" + i));
        }
        bench.same("the entries of an election that all have left", List.of(), names(bench, "election/e"));
        bench.same("the entries of a group that all have left", List.of(), names(bench, "member/g"));
        bench.same("the entries of a counter that was deleted", List.of(), names(bench, "counter/c"));
        List<String> ids = names(bench, "ids/i");
        bench.verify(
                ids.stream().allMatch(name -> name.equals("layout") || name.startsWith("hw-")) && ids.size() == 2,
                () -> "of ids their layout and a mark for each slot stay, and there are " + ids);
        bench.verify(
                names(bench, "session").isEmpty(),
                () -> "the client was closed, and its marker is there: " + names(bench, "session"));
    }

    private static List<String> names(Bench bench, String directory) {
        return bench.judge().all(directory).stream().map(Entry::name).toList();
    }

    @Rule(value = "REC-5", waits = true, check = "where arguments are looked at")
    void badArgumentsDoNoInputAndBadStateChangesNothing(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", backend));
        node.awaitSession();
        long before = requests(recorder);
        Map<String, Node.Act> bad = new java.util.LinkedHashMap<>();
        bad.put("an empty name", () -> node.sereno().mutex(""));
        bad.put("half a surrogate pair", () -> node.sereno().counter("\ud800"));
        bad.put("a name of 401 bytes", () -> node.sereno().topic("n".repeat(401), Codec.utf8()));
        bad.put("U+0000 in a name", () -> node.sereno().election("a\0b"));
        bad.put("a negative timeout", () -> node.sereno().mutex("m").tryAcquire(Duration.ofMillis(-1)));
        bad.put("no workers", () -> node.sereno().waitGroup("w").add(0));
        bad.put("no ids", () -> node.sereno().ids("i").nextIds(0));
        bad.put(
                "a message of 65 KiB",
                () -> node.sereno().topic("t", Codec.utf8()).publish("x".repeat(65 * 1024)));
        bad.forEach((what, act) -> {
            Ended<Boolean> ended = node.calls(what, () -> {
                        act.run();
                        return true;
                    })
                    .end(LONG);
            bench.verify(
                    ended.thrown() instanceof IllegalArgumentException,
                    () -> what + " ended as " + ended + "; IllegalArgumentException is right");
        });
        bench.same("requests that were made for bad arguments", 0L, requests(recorder) - before);
        Grant grant = node.told("acquire", node.sereno().mutex("m")::acquire);
        node.tells("release", grant::release);
        Grant next = node.told("acquire", node.sereno().mutex("m")::acquire);
        Ended<Boolean> twice = node.calls("release twice", () -> {
                    grant.release();
                    return true;
                })
                .end(LONG);
        bench.verify(
                twice.thrown() instanceof IllegalStateException,
                () -> "the second release() of a grant ended as " + twice + "; IllegalStateException is right");
        bench.same("isHeld() of the next grant", true, next.isHeld());
        node.tells("release", next::release);
    }

    /** Without those of the session, which go on. */
    private static long requests(Recorder recorder) {
        return recorder.history().operations().stream()
                .map(Operation::call)
                .filter(call -> call instanceof Call.Commit commit
                        ? !commit.commit().directory().equals("session")
                        : call instanceof Call.Read read
                                && !read.query().directory().equals("session"))
                .count();
    }

    @Rule(value = "REC-3", waits = true, check = "OUT-3: how what is UNKNOWN is settled, without a fault in sight")
    void doubtIsSettledAndNeverGuessed(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node judge = Node.in(bench);
        Random random = new Random(bench.random().nextLong());
        AtomicInteger met = new AtomicInteger();
        for (Fate fate : List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(3)),
                Fate.applyLate(Duration.ofMillis(60)),
                Fate.loseSnapshot())) {
            node.script()
                    .each(
                            request -> request instanceof Request.Commit
                                    && random.nextInt(100) < 6
                                    && met.incrementAndGet() > 0,
                            fate);
        }
        long sure = 0;
        long doubtful = 0;
        long token = 0;
        for (int i = 0; i < 30; i++) {
            Ended<Long> added = node.calls(
                            "add 1", () -> node.sereno().counter("c").addAndGet(1))
                    .end(LONG);
            sure += added.succeeded() ? 1 : 0;
            doubtful += added.thrown() instanceof OutcomeUnknownException ? 1 : 0;
            if (i % 3 == 0) {
                Grant grant =
                        node.calls("acquire", node.sereno().mutex("m")::acquire).result(LONG);
                long before = token;
                bench.verify(
                        grant.fencingToken() > before, () -> "token " + grant.fencingToken() + " follows " + before);
                token = grant.fencingToken();
                node.tells("release", grant::close);
            }
        }
        bench.pass(Duration.ofMillis(500));
        long value = judge.told("get", judge.sereno().counter("c")::get);
        long least = sure;
        long most = sure + doubtful;
        bench.verify(
                least <= value && value <= most,
                () -> "additions of 1, some of them in doubt, make " + value + "; from " + least + " to " + most
                        + " is right");
        Grant free = judge.calls("acquire", judge.sereno().mutex("m")::acquire).result(LONG);
        judge.tells("release", free::release);
        bench.evidence("commits in doubt", met.get(), 5);
        bench.count("additions of unknown outcome", doubtful);
    }
}
