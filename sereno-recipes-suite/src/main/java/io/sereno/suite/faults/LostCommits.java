package io.sereno.suite.faults;

import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A client whose commits are lost or late, and another client without faults: the harness of rules about commits of
 * unknown outcome. The rule says which commits meet the fate; they are counted.
 */
public final class LostCommits {
    /** The ways in which a commit of unknown outcome reaches the store: now, never, soon, and later. */
    public static final List<Fate> FATES = List.of(
            Fate.loseReply(),
            Fate.loseRequest(),
            Fate.applyLate(Duration.ofMillis(20)),
            Fate.applyLate(Duration.ofMillis(600)));

    private final Bench bench;
    private final String name;
    private final Fate fate;
    private final Predicate<Request> which;
    private final AtomicInteger met = new AtomicInteger();
    private final Node node;
    private final Node other;

    /**
     * Opens both clients.
     *
     * @param recipe the first part of the directory of an object, as in {@code counter}
     * @param name of the object; commits with writes to its directory meet the fate
     */
    public LostCommits(Bench bench, String recipe, String name, Fate fate) {
        this.bench = bench;
        this.name = name;
        this.fate = fate;
        this.which = Request.commitsTo(recipe + "/" + name).and(Request::mayBeUnknown);
        this.node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        this.other = Node.in(bench);
    }

    /**
     * Plays a scenario once under each fate, each time with other clients and an object of another name. Each time at
     * least one commit has to meet its fate.
     */
    public static void each(Bench bench, String recipe, String name, List<Fate> fates, Consumer<LostCommits> scenario) {
        for (int i = 0; i < fates.size(); i++) {
            LostCommits lost = new LostCommits(bench, recipe, name + i, fates.get(i));
            scenario.accept(lost);
            lost.end();
        }
    }

    /** The client with faults. */
    public Node node() {
        return node;
    }

    /** The client without faults. */
    public Node other() {
        return other;
    }

    public String name() {
        return name;
    }

    /** The next of the commits meets the fate. */
    public void next() {
        node.script().next(this::meets, fate);
    }

    /** All of the commits meet the fate until the returned action runs. */
    public Runnable all() {
        return node.script().each(this::meets, fate);
    }

    private boolean meets(Request request) {
        return which.test(request) && met.incrementAndGet() > 0;
    }

    /** How many commits have met the fate. */
    public int met() {
        return met.get();
    }

    /** Closes the client with faults. At least one commit must have met the fate; otherwise the rule has no verdict. */
    public void end() {
        bench.evidence("commits that were lost or late", met.get(), 1);
        node.run("close", node.sereno()::close);
    }

    /** What a property says is wrong, if anything is, fails the rule. */
    public void require(Optional<String> wrong) {
        bench.verify(wrong.isEmpty(), () -> wrong.orElse("") + "; " + this);
    }

    @Override
    public String toString() {
        return met + " commits to " + name + " were " + fate;
    }
}
