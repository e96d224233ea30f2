package io.sereno.suite.common;

import io.sereno.Barrier;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.MembershipListener;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.Retention;
import io.sereno.ScheduledTask;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Slot;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.WriteGrant;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Condition;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Write;
import io.sereno.suite.election.LeaderRules;
import io.sereno.tck.faults.Between;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** What the commits of all recipes have in common. */
public class RecipeCommitRules {
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final int OPERATIONS = 32;
    private static final int VALUE_BYTES = 64 * 1024;
    private static final int COMMIT_BYTES = 128 * 1024;
    private static final int NAME_BYTES = 512;
    private static final String LONG_NAME = "n".repeat(390);

    @Rule(value = "REC-1", waits = true, check = "what the recipes require from a backend with the smallest limits")
    void recipesUseNoMoreThanTheLeast(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", new Least(backend)));
        useEverything(bench, node, LONG_NAME);
        int commits = 0;
        for (Operation operation : recorder.history().operations()) {
            if (operation.call() instanceof Call.Commit call) {
                commits++;
                int directory = Bytes.utf8(call.commit().directory()).size();
                int bytes = 0;
                int longest = 0;
                for (Condition condition : call.commit().conditions()) {
                    int name = Bytes.utf8(condition.name()).size();
                    longest = Math.max(longest, directory + name);
                    bytes += name;
                }
                int largest = 0;
                for (Write write : call.commit().writes()) {
                    int name = Bytes.utf8(write.name()).size();
                    int value = write instanceof Write.Put put ? put.value().size() : 0;
                    longest = Math.max(longest, directory + name);
                    largest = Math.max(largest, value);
                    bytes += value + name;
                }
                int path = longest;
                int total = bytes;
                int value = largest;
                bench.verify(
                        call.commit().conditions().size() <= OPERATIONS
                                && call.commit().writes().size() <= OPERATIONS
                                && value <= VALUE_BYTES
                                && total <= COMMIT_BYTES
                                && path <= NAME_BYTES,
                        () -> "a commit to " + call.commit().directory() + " has "
                                + call.commit().conditions().size() + " conditions, "
                                + call.commit().writes().size() + " writes, a value of " + value + " bytes, " + total
                                + " bytes in all, and a name that takes " + path
                                + " bytes with its directory; the least that every backend accepts is 32, 32, 64 KiB, 128"
                                + " KiB and 512 bytes");
            }
        }
        bench.evidence("commits", commits, 30);
    }

    @Rule(value = "REC-2", waits = true, check = "under which lease an entry that is there is put again")
    void recipesKeepTheBindingOfAnEntry(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", backend));
        useEverything(bench, node, "");
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

    /** Uses each recipe once, with what makes its commits large, under names with this suffix. */
    static void useEverything(Bench bench, Node node, String end) {
        Grant grant = node.result("acquire", node.sereno().mutex("m" + end)::acquire);
        node.run("release", grant::release);
        WriteGrant writing = node.result("acquireWrite", node.sereno().readWriteMutex("r" + end)::acquireWrite);
        node.run("downgrade and release", () -> writing.downgrade().release());
        Grant set =
                node.result("acquire", () -> node.sereno().lockSet("s" + end).acquire(Set.of("a", "b")));
        node.run("release", set::release);
        PermitPool pool = node.sereno().permitPool("p" + end, 3);
        Permit permit = node.result("acquire", () -> pool.acquire(2));
        node.run("setLimit", () -> pool.setLimit(4));
        node.run("release", permit::release);
        Slot slot = node.result(
                "acquire", () -> node.sereno().slotPool("n" + end, 2).acquire());
        node.run("release", slot::release);
        LeaderElection candidate = node.sereno().election("e" + end).start();
        LeaderRules.lead(bench, node, candidate);
        node.result("metadata", () -> candidate.metadata(Map.of("a", "b")));
        node.run("resign", candidate::resign);
        LeaderRules.lead(bench, node, candidate);
        node.run("close", candidate::close);
        CountDownLatch ran = new CountDownLatch(2);
        ScheduledTask task = node.sereno()
                .task("k" + end)
                .withDelay(Duration.ofMillis(50))
                .run(run -> {
                    ran.countDown();
                    bench.stir();
                });
        bench.verify(bench.reach(() -> ran.getCount() == 0, LONG), () -> "a task was not run twice");
        node.run("close", task::close);
        Counter counter = node.sereno().counter("c" + end);
        for (int i = 0; i < 5; i++) {
            node.result("add", () -> counter.addAndGet(1));
        }
        node.run("delete", counter::delete);
        SharedValue<String> value = node.sereno().value("v" + end, Codec.utf8());
        node.run("set", () -> value.set("x".repeat(SharedValue.MAX_BYTES)));
        node.run("set again", () -> value.set("y"));
        node.run("delete", value::delete);
        SharedMap<String> map = node.sereno().map("m" + end, Codec.utf8());
        for (int i = 0; i < 3; i++) {
            String key = "key " + i;
            node.run("set", () -> map.at(key).set("x".repeat(SharedValue.MAX_BYTES)));
        }
        node.run("delete", map.at("key 1")::delete);
        node.run("delete", map::delete);
        WaitGroup group = node.sereno().waitGroup("w" + end);
        node.run("add", () -> group.add(42));
        Worker worker = node.result("join", group::join);
        node.run("done", worker::done);
        node.run("done", group::done);
        for (int i = 0; i < 40; i++) {
            node.result("join", group::join);
        }
        node.run("delete", group::delete);
        Barrier barrier = node.sereno().barrier("b" + end, 40);
        List<Calling<Boolean>> parties = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String party = (100 + i) + "x".repeat(197);
            parties.add(node.calls("await", () -> barrier.await(party, LONG)));
        }
        parties.forEach(party -> bench.same("what await() returned", true, party.result(LONG)));
        node.result("await", () -> barrier.await("one", Duration.ZERO));
        node.run("delete", barrier::delete);
        Topic<String> topic =
                node.sereno().topic("t" + end, Codec.utf8()).withRetention(new Retention(5, Optional.empty()));
        for (int i = 0; i < 12; i++) {
            String message = "x".repeat(i == 5 ? 60 * 1024 : 10);
            node.result("publish", () -> topic.publish(message));
        }
        // What waits while a batch is under way makes the next one, and the caller may be slower than the store.
        for (int burst = 0; burst < 5; burst++) {
            node.run("publishAsync 100 times", () -> {
                List<CompletableFuture<Long>> stages = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    stages.add(topic.publishAsync("y".repeat(5_000)).toCompletableFuture());
                }
                stages.forEach(CompletableFuture::join);
            });
        }
        Topic<String> full = node.sereno().topic("t" + end, Codec.utf8());
        for (int i = 0; i < 40; i++) {
            node.result("publish", () -> full.publish("z"));
        }
        TopicReader<String> reader = node.result("reader", () -> full.reader(new From.Durable("d")));
        node.result("next", reader::next);
        node.result("next", reader::next);
        node.run("close", reader::close);
        node.run("delete", topic::delete);
        Membership members = node.sereno().membership("g" + end);
        CountDownLatch seen = new CountDownLatch(1);
        MembershipListener listener = new MembershipListener() {
            @Override
            public void joined(Member member, Members all) {
                updated(member, all);
            }

            @Override
            public void updated(Member member, Members all) {
                if (member.metadata().containsKey("k")) {
                    seen.countDown();
                }
                bench.stir();
            }
        };
        Subscription listening = node.result("onChange", () -> members.onChange(listener));
        KeepAlive member = node.result("join", () -> members.join("one", Node.steady(bench)));
        node.run("update", () -> member.update(Map.of("k", "v".repeat(10_000))));
        bench.verify(bench.reach(() -> seen.getCount() == 0, LONG), () -> "a member's update was not seen");
        node.run("close", listening::close);
        node.run("close", member::close);
        node.result("nextId", node.sereno().ids("i" + end)::nextId);
    }

    /** Declares only the limits that every backend has to support. */
    private static final class Least extends Between {
        Least(Backend below) {
            super(below);
        }

        @Override
        public Guarantees guarantees() {
            return super.guarantees().toBuilder()
                    .maxLeases(16)
                    .maxLeaseBytes(COMMIT_BYTES)
                    .maxValueBytes(VALUE_BYTES)
                    .maxCommitBytes(COMMIT_BYTES)
                    .maxListingBytes(1024 * 1024)
                    .maxConditions(OPERATIONS)
                    .maxWrites(OPERATIONS)
                    .build();
        }
    }
}
