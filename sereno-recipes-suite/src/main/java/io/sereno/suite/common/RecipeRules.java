package io.sereno.suite.common;

import io.sereno.Barrier;
import io.sereno.CachedMap;
import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Membership;
import io.sereno.OutcomeUnknownException;
import io.sereno.Permit;
import io.sereno.Right;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.properties.Additions;
import io.sereno.properties.Grants;
import io.sereno.properties.TakenBackBy;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import io.sereno.suite.election.LeaderRules;
import io.sereno.suite.topic.TopicFaultRules;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** What all recipes have in common. */
public class RecipeRules {
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "REC-4", waits = true, check = "LIF-8, and whether each recipe takes away what it put")
    void releasedObjectsLeaveNothing(Bench bench) {
        Node node = Node.in(bench);
        lockAndRelease(bench, node, 0, 50);
        Right reading = node.result("acquireRead", node.sereno().readWriteMutex("r")::acquireRead);
        node.run("release", reading::release);
        requireNames(bench, "rwlock/r", List.of());
        Grant set = node.result("acquire", () -> node.sereno().lockSet("s").acquire(Set.of("a", "b")));
        node.run("release", set::release);
        requireNames(bench, "lockset/s", List.of());
        Permit permit = node.result("acquire", node.sereno().permitPool("p", 1)::acquire);
        node.run("release", permit::release);
        requireNames(bench, "semaphore/p", List.of("limit"));
        Slot slot = node.result("acquire", () -> node.sereno().slotPool("n", 1).acquire());
        node.run("release", slot::release);
        requireNames(bench, "slots/n", List.of());
        LeaderElection candidate = node.sereno().election("e").start();
        LeaderRules.lead(bench, node, candidate);
        node.run("close", candidate::close);
        requireNames(bench, "election/e", List.of());
        KeepAlive member =
                node.result("join", () -> node.sereno().membership("g").join("one", Node.steady(bench)));
        node.run("close", member::close);
        requireNames(bench, "member/g", List.of());
        node.run("add", () -> node.sereno().counter("c").addAndGet(5));
        bench.verify(
                bench.reach(() -> names(bench, "counter/c").size() == 1, LONG),
                () -> "a counter that rests has one entry, and there are " + names(bench, "counter/c"));
        node.run("delete", () -> node.sereno().counter("c").delete());
        requireNames(bench, "counter/c", List.of());
        SharedValue<String> value = node.sereno().value("v", Codec.utf8());
        CachedValue<String> cached = node.result("cached", value::cached);
        node.run("set", () -> value.set("x"));
        node.run("close", cached::close);
        bench.verify(
                bench.reach(() -> names(bench, "value/v").size() == 1, LONG),
                () -> "a value that rests has one entry, and there are " + names(bench, "value/v"));
        node.run("delete", value::delete);
        requireNames(bench, "value/v", List.of());
        SharedMap<String> map = node.sereno().map("m", Codec.utf8());
        CachedMap<String> cachedMap = node.result("cached", map::cached);
        node.run("set", () -> map.at("a").set("x"));
        node.run("set", () -> map.at("b").set("x"));
        node.run("close", cachedMap::close);
        node.run("delete", map.at("a")::delete);
        bench.verify(
                bench.reach(() -> names(bench, "map/m").equals(List.of("k-b")), LONG),
                () -> "a map with one value that rests has one entry, and there are " + names(bench, "map/m"));
        node.run("delete", map::delete);
        requireNames(bench, "map/m", List.of());
        WaitGroup group = node.sereno().waitGroup("w");
        node.run("add", () -> group.add(2));
        Worker worker = node.result("join", group::join);
        node.run("done", group::done);
        node.run("done", worker::done);
        bench.verify(
                bench.reach(() -> names(bench, "waitgroup/w").size() <= 1, LONG),
                () -> "a wait group that is finished has one header, and there are " + names(bench, "waitgroup/w"));
        node.run("delete", group::delete);
        requireNames(bench, "waitgroup/w", List.of());
        Barrier barrier = node.sereno().barrier("b", 1);
        node.run("await", () -> barrier.await("one"));
        node.result("await", () -> node.sereno().barrier("b", 2).await("one", Duration.ZERO));
        requireNames(bench, "barrier/b", List.of("h", "w"));
        node.run("delete", barrier::delete);
        requireNames(bench, "barrier/b", List.of());
        Topic<String> topic = node.sereno().topic("t", Codec.utf8());
        node.result("publish", () -> topic.publish("m"));
        TopicReader<String> reader = node.result("reader", () -> topic.reader(new From.Durable("d")));
        node.result("next", reader::next);
        node.run("close", reader::close);
        requireNames(bench, "reader/d/t", List.of());
        node.run("delete", topic::delete);
        requireNames(bench, "topic/t", List.of());
        node.result("nextId", node.sereno().ids("i")::nextId);
        int names = bench.kit().pace().isReal() ? 500 : 2_000;
        lockAndRelease(bench, node, 50, names);
        node.run("close", node.sereno()::close);
        List<String> ids = names(bench, "ids/i");
        bench.verify(
                ids.stream().allMatch(name -> name.equals("layout") || name.startsWith("hw-")) && ids.size() == 2,
                () -> "of ids their layout and a mark for each slot stay, and there are " + ids);
        for (int i = 0; i < names; i++) {
            bench.same("the entries of a mutex that was released", List.of(), names(bench, "lock/name-" + i));
        }
        for (String directory : List.of(
                "election/e",
                "member/g",
                "counter/c",
                "value/v",
                "map/m",
                "waitgroup/w",
                "barrier/b",
                "topic/t",
                "reader/d/t")) {
            bench.same("the entries of " + directory + ", which was released", List.of(), names(bench, directory));
        }
        bench.verify(
                names(bench, "session").isEmpty(),
                () -> "the client was closed, and its marker is there: " + names(bench, "session"));
        bench.evidence("names used and released", names, 500);
    }

    /** Checks while the client lives, because entries of the session would go with the client. */
    private static void lockAndRelease(Bench bench, Node node, int from, int to) {
        Calling<Boolean> releasing = node.calls("acquire and release names " + from + " to " + to, () -> {
            for (int i = from; i < to; i++) {
                node.sereno().mutex("name-" + i).acquire().release();
            }
            return true;
        });
        releasing.result(Duration.ofMinutes(2));
        for (int i = from; i < to; i++) {
            requireNames(bench, "lock/name-" + i, List.of());
        }
    }

    /**
     * Entries that keep a name taken for a commit of unknown outcome go with the session. All others go at once, or
     * when the outcome is settled.
     */
    private static void requireNames(Bench bench, String directory, List<String> expected) {
        bench.reach(() -> left(bench, directory).equals(expected), LONG);
        bench.same("the entries that are left in " + directory, expected, left(bench, directory));
    }

    private static List<String> left(Bench bench, String directory) {
        return bench.judge().all(directory).stream()
                .filter(entry -> !entry.value().toUtf8().startsWith("sereno/1 withdrawn"))
                .map(Entry::name)
                .toList();
    }

    private static List<String> names(Bench bench, String directory) {
        return bench.judge().all(directory).stream().map(Entry::name).toList();
    }

    @Rule(value = "REC-5", waits = true, check = "where arguments are checked")
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
        bad.put(
                "a negative number of workers",
                () -> node.sereno().waitGroup("w").add(-1));
        bad.put(
                "a negative time to wait for workers",
                () -> node.sereno().waitGroup("w").await(Duration.ofMillis(-1)));
        bad.put("no names to lock", () -> node.sereno().lockSet("s").acquire(Set.of()));
        bad.put(
                "a name to be written and read at once",
                () -> node.sereno().lockSet("s").acquire(Set.of("a"), Set.of("a")));
        bad.put(
                "a negative time to wait for reading",
                () -> node.sereno().readWriteMutex("r").tryAcquireRead(Duration.ofMillis(-1)));
        bad.put("a negative limit", () -> node.sereno().permitPool("p", -1));
        bad.put("a negative new limit", () -> node.sereno().permitPool("p", 1).setLimit(-1));
        bad.put("no permits", () -> node.sereno().permitPool("p", 1).acquire(0));
        bad.put(
                "a negative number of permits",
                () -> node.sereno().permitPool("p", 1).tryAcquire(-1));
        bad.put(
                "a negative time to wait for permits",
                () -> node.sereno().permitPool("p", 1).tryAcquire(Duration.ofMillis(-1)));
        bad.put("no slots", () -> node.sereno().slotPool("n", 0));
        bad.put("too many slots", () -> node.sereno().slotPool("n", SlotPool.MAX_COUNT + 1));
        bad.put("a slot beyond the count", () -> node.sereno().slotPool("n", 3).acquire(3));
        bad.put("a negative slot", () -> node.sereno().slotPool("n", 3).tryAcquire(-1, Duration.ZERO));
        bad.put(
                "a negative time to wait for a slot",
                () -> node.sereno().slotPool("n", 3).tryAcquire(Duration.ofMillis(-1)));
        bad.put("no parties", () -> node.sereno().barrier("b", 0));
        bad.put("too many parties", () -> node.sereno().barrier("b", Barrier.MAX_PARTIES + 1));
        bad.put("a party without a name", () -> node.sereno().barrier("b", 1).await(""));
        bad.put(
                "a party whose name is too long",
                () -> node.sereno().barrier("b", 1).await("p".repeat(201)));
        bad.put(
                "a negative time to wait for parties",
                () -> node.sereno().barrier("b", 1).await("one", Duration.ofMillis(-1)));
        bad.put("no ids", () -> node.sereno().ids("i").nextIds(0));
        bad.put("an empty id", () -> node.sereno().membership("g").join("", Node.steady(bench)));
        bad.put("a ttl that no store gives", () -> node.sereno().membership("g").join("one", Duration.ofDays(4_000)));
        bad.put(
                "metadata of 17 KiB",
                () -> node.sereno()
                        .membership("g")
                        .join(
                                "one",
                                Node.steady(bench),
                                Map.of("k", "v".repeat(17 * 1024)),
                                Membership.IfPresent.FAIL));
        bad.put(
                "the name of a durable reader that is too long beside that of the topic",
                () -> node.sereno().topic("t".repeat(300), Codec.utf8()).reader(new From.Durable("d".repeat(300))));
        bad.put(
                "a message of 65 KiB, not waited for",
                () -> node.sereno().topic("t", Codec.utf8()).publishAsync("x".repeat(65 * 1024)));
        bad.put(
                "a message of 65 KiB",
                () -> node.sereno().topic("t", Codec.utf8()).publish("x".repeat(65 * 1024)));
        bad.forEach((what, act) -> {
            CallResult<Boolean> ended = node.acts(what, act).end(LONG);
            bench.verify(
                    ended.thrown() instanceof IllegalArgumentException,
                    () -> what + " ended as " + ended + "; IllegalArgumentException is expected");
        });
        bench.same("requests that were made for bad arguments", 0L, requests(recorder) - before);
        Grant grant = node.result("acquire", node.sereno().mutex("m")::acquire);
        node.run("release", grant::release);
        Grant next = node.result("acquire", node.sereno().mutex("m")::acquire);
        requireBadState(bench, node, "the second release() of a grant", grant::release);
        bench.same("isHeld() of the next grant", true, next.isHeld());
        node.run("release", next::release);
        WaitGroup group = node.sereno().waitGroup("w");
        node.run("add", () -> group.add(1));
        node.run("done", group::done);
        requireBadState(bench, node, "done() with no place left", group::done);
        bench.same(
                "whether a wait group is finished",
                true,
                node.result("await", () -> group.await(Duration.ofSeconds(1))));
        KeepAlive member =
                node.result("join", () -> node.sereno().membership("g").join("one", Node.steady(bench)));
        node.run("close", member::close);
        requireBadState(bench, node, "update() of a member that has closed", () -> member.update(Map.of("a", "b")));
        bench.same("the entries of a group that all have left", List.of(), names(bench, "member/g"));
    }

    private static void requireBadState(Bench bench, Node node, String what, Node.Act act) {
        CallResult<Boolean> ended = node.acts(what, act).end(LONG);
        bench.verify(
                ended.thrown() instanceof IllegalStateException,
                () -> what + " ended as " + ended + "; IllegalStateException is expected");
    }

    /** Without the requests of the session, which continue. */
    private static long requests(Recorder recorder) {
        return recorder.history().operations().stream()
                .map(Operation::call)
                .filter(call -> call instanceof Call.Grant
                        || (call instanceof Call.OpenWatch watch
                                && !watch.target().directory().equals("session"))
                        || (call instanceof Call.Commit commit
                                && !commit.commit().directory().equals("session"))
                        || (call instanceof Call.Read read
                                && !read.query().directory().equals("session")))
                .count();
    }

    @Rule(value = "REC-3", waits = true, check = "OUT-3: how commits that ended UNKNOWN are settled, without any fault")
    void unknownOutcomeIsSettledAndNeverGuessed(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node judge = Node.in(bench);
        Random random = new Random(bench.random().nextLong());
        AtomicInteger met = new AtomicInteger();
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(3)),
                Fate.applyLate(Duration.ofMillis(60)),
                Fate.loseSnapshot());
        for (Fate fate : fates) {
            node.script()
                    .each(
                            request -> request instanceof Request.Commit
                                    && random.nextInt(100) < 6
                                    && met.incrementAndGet() > 0,
                            fate);
        }
        Topic<String> topic = node.sereno().topic("t", Codec.utf8());
        Additions additions = new Additions(TakenBackBy.NOTHING);
        Grants grants = new Grants();
        long unknown = 0;
        Set<String> published = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            // Each recipe meets each fate; apart from that, the fates are random.
            Fate fate = fates.get(i % fates.size());
            meet(node, "counter/c", fate, met);
            Additions.Addition addition = additions.next();
            CallResult<Long> added = node.calls(
                            addition.toString(),
                            () -> node.sereno().counter("c").addAndGet(addition.bit()))
                    .end(LONG);
            addition.ended(added.succeeded() ? added.result() : null, added.thrown());
            unknown += added.thrown() instanceof OutcomeUnknownException ? 1 : 0;
            meet(node, "topic/t", fate, met);
            String message = "m" + i;
            if (node.calls("publish " + message, () -> topic.publish(message))
                    .end(LONG)
                    .succeeded()) {
                published.add(message);
            }
            if (i % 3 == 0) {
                meet(node, "lock/m", fate, met);
                Grant grant =
                        node.calls("acquire", node.sereno().mutex("m")::acquire).result(LONG);
                bench.right(grants.granted(grant));
                node.run("release", grant::close);
            }
        }
        bench.pass(Duration.ofMillis(500));
        bench.right(additions.wrong(judge.result("get", judge.sereno().counter("c")::get)));
        List<String> read = TopicFaultRules.readAll(judge, "t");
        bench.verify(
                Set.copyOf(read).size() == read.size() && read.containsAll(published),
                () -> published + " were published, and readers find " + read);
        Grant free = judge.calls("acquire", judge.sereno().mutex("m")::acquire).result(LONG);
        judge.run("release", free::release);
        bench.evidence("commits of unknown outcome", met.get(), 60);
        bench.count("additions of unknown outcome", unknown);
    }

    private static void meet(Node node, String directory, Fate fate, AtomicInteger met) {
        node.script()
                .next(
                        request -> Request.commitsTo(directory).test(request)
                                && request.mayBeUnknown()
                                && met.incrementAndGet() > 0,
                        fate);
    }
}
