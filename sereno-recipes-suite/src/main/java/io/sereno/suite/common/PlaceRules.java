package io.sereno.suite.common;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.LockView;
import io.sereno.Mutex;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Write;
import io.sereno.suite.election.LeaderRules;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What the directory of a queue contains: places, and what a later version keeps beside them. */
public class PlaceRules {
    private static final String NAME = "queue";
    private static final Duration LONG = Duration.ofSeconds(40);

    /** What later recipes may keep beside a queue, and names that differ a little from the name of a place. */
    private static final List<String> STRANGERS = List.of(
            "limit",
            "next",
            "slot-3",
            "o-3kd82jD0aXq-4",
            "3kd82jD0aXq",
            "3kd82jD0aXq-A",
            "3kd82jD0aX-4",
            "3kd82jD0aXqq-4",
            "3kd82jD0aXq-4-5");

    private static final Pattern QUEUE = Pattern.compile("(lock|rwlock|lockset|slots|election|reader)/.*");
    /** Have other entries beside their places. */
    private static final Pattern POOL = Pattern.compile("(semaphore|task|barrier)/.*");

    private static final Pattern LIKE_A_PLACE = Pattern.compile("[0-9A-Za-z]{11}-.*");

    @Rule(
            value = "REC-7a",
            waits = true,
            check = "whether a mutex takes an entry for a place though its name is not that of a place")
    void aMutexPassesOverWhatIsNoPlace(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        List<String> put = putStrangers(bench, queue.directory(), "");
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Grant held = first.calls("acquire", mutex(first)::acquire).result(LONG);
        Calling<Grant> next = second.calls("acquire", mutex(second)::acquire);
        queue.await(bench, 2);
        put.addAll(putStrangers(bench, queue.directory(), "~"));
        Calling<Grant> last = third.calls("acquire", mutex(third)::acquire);
        queue.await(bench, 3);
        LockView view = third.result("inspect", mutex(third)::inspect);
        bench.same("nodes that hold", List.of(first.name()), nodes(view.holders()));
        bench.same("nodes that wait", List.of(second.name(), third.name()), nodes(view.waiters()));
        first.run("release", held::release);
        Grant granted = next.result(LONG);
        second.run("release", granted::release);
        Grant behind = last.result(LONG);
        third.run("release", behind::release);
        requireStrangers(bench, queue.directory(), put);
    }

    @Rule(
            value = "REC-7a",
            waits = true,
            check = "whether an election takes an entry for a candidate though its name is not that of a place")
    void anElectionPassesOverWhatIsNoPlace(Bench bench) {
        Queues queue = Queues.ofElection(bench, NAME);
        List<String> put = putStrangers(bench, queue.directory(), "");
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        LeaderElection first = one.sereno().election(NAME).start();
        LeaderRules.lead(bench, one, first);
        put.addAll(putStrangers(bench, queue.directory(), "~"));
        LeaderElection second = other.sereno().election(NAME).start();
        queue.await(bench, 2);
        List<String> all = List.of(one.name(), other.name());
        LeaderRules.requirePeers(bench, one, first, all);
        LeaderRules.requirePeers(bench, other, second, all);
        LeaderRules.requirePeers(bench, one, one.sereno().election(NAME), all);
        one.run("close", first::close);
        LeaderRules.lead(bench, other, second);
        other.run("close", second::close);
        requireStrangers(bench, queue.directory(), put);
    }

    @Rule(value = "REC-7b", waits = true, check = "how recipes name their places, and their other entries")
    void placesAndNothingElseAreNamedLikePlaces(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", backend));
        RecipeCommitRules.useEverything(bench, node, "");
        int places = 0;
        int others = 0;
        for (Operation operation : recorder.history().operations()) {
            if (operation.call() instanceof Call.Commit call) {
                for (Write write : call.commit().writes()) {
                    String directory = call.commit().directory();
                    boolean inPool = POOL.matcher(directory).matches()
                            && LIKE_A_PLACE.matcher(write.name()).matches();
                    if (write instanceof Write.Put put
                            && (inPool || QUEUE.matcher(directory).matches())) {
                        places++;
                        bench.verify(
                                Queues.isPlace(put.name()) && put.leaseId() != 0,
                                () -> "'" + put.name() + "' was put into " + directory + " under lease " + put.leaseId()
                                        + "; a place is named by eleven letters or digits, '-', and a number in base"
                                        + " 36, and is under a lease");
                    } else if (write instanceof Write.Put put) {
                        others++;
                        bench.verify(
                                !LIKE_A_PLACE.matcher(put.name()).matches(),
                                () -> "'" + put.name() + "' was put into " + directory + ", and looks like a place");
                    }
                }
            }
        }
        bench.evidence("places put", places, 4);
        bench.evidence("other entries put", others, 20);
    }

    private static Mutex mutex(Node node) {
        return node.sereno().mutex(NAME);
    }

    /** Alternately with and without a lease. */
    private static List<String> putStrangers(Bench bench, String directory, String end) {
        Lease lease = bench.judge().grant(bench.longTtl());
        List<String> put = new ArrayList<>();
        for (String stranger : STRANGERS) {
            String name = stranger + end;
            if (put.size() % 2 == 0) {
                bench.judge().put(directory, name, "sereno/2 something\n", lease);
            } else {
                bench.judge().put(directory, name, "sereno/2 something\n");
            }
            put.add(name);
        }
        return put;
    }

    private static void requireStrangers(Bench bench, String directory, List<String> put) {
        bench.same(
                "what was put into " + directory + " besides places, and still exists",
                put.stream().sorted().toList(),
                bench.judge().all(directory).stream()
                        .map(Entry::name)
                        .filter(name -> !Queues.isPlace(name))
                        .sorted()
                        .toList());
    }

    private static List<String> nodes(List<LockView.Place> places) {
        return places.stream().map(LockView.Place::nodeId).toList();
    }
}
