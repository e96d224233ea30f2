package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Clients of one store, each on a {@link Wire} of its own, in virtual time and in the one thread of the test: every
 * action is an event of the clock, and callbacks run between events.
 */
public class Bench implements AutoCloseable {
    public static final Duration TTL = Duration.ofSeconds(9);
    public static final Duration OPERATION_TIMEOUT = Duration.ofSeconds(5);

    public final ManualTime time = new ManualTime();
    public final MemoryStore store = new MemoryStore(time);
    public final List<Node> nodes = new ArrayList<>();
    public final List<String> log = new ArrayList<>();

    /** Reads the store for checks, without any wire. */
    private final Backend eye = store.connect(Runnable::run);

    private final Deque<Runnable> callbacks = new ArrayDeque<>();
    private final String directory;
    private final Wire.Notices notices;

    private final List<Throwable> breaches = new ArrayList<>();
    private final Defects defects = new Defects();
    private boolean struck;

    public Bench(String directory, Wire.Notices notices) {
        this.directory = directory;
        this.notices = notices;
    }

    @Override
    public void close() {
        defects.close();
    }

    /** One client. */
    public record Node(Bench bench, String id, Wire wire, Client client) {
        @Override
        public String toString() {
            return id;
        }
    }

    public String directory() {
        return directory;
    }

    protected Wire.Notices notices() {
        return notices;
    }

    public Node connect(String id) {
        Wire wire = new Wire(store.connect(Runnable::run), time);
        wire.notices = notices;
        Settings settings = new Settings(
                id, "", TTL, OPERATION_TIMEOUT, time, callbacks::add, callbacks::add, Hooks.NONE, "memory", List.of());
        Node node = new Node(this, id, wire, new Client(settings, wire, false));
        nodes.add(node);
        return node;
    }

    public void later(Duration delay, Runnable event) {
        time.schedule(delay, Runnable::run, event);
    }

    public void log(String what) {
        log.add(time.elapsed().toMillis() + " " + what);
    }

    /** For code that runs inside the kernel, which catches exceptions of its callers. */
    public void guard(Runnable check) {
        try {
            check.run();
        } catch (RuntimeException | Error breach) {
            breaches.add(breach);
        }
    }

    private void expectNoBreach() {
        breaches.addAll(defects.found());
        if (!breaches.isEmpty()) {
            throw new AssertionError(breaches.get(0).getMessage(), breaches.get(0));
        }
    }

    /** The next event of the clock; false when there is none before the time is up. */
    public boolean step(Duration until) {
        runCallbacks();
        Optional<Duration> next = time.untilNext();
        Duration left = until.minus(time.elapsed());
        if (next.isEmpty() || next.get().compareTo(left) > 0) {
            time.advance(left.isNegative() ? Duration.ZERO : left);
            return false;
        }
        time.advance(next.get());
        runCallbacks();
        expectNoBreach();
        return true;
    }

    private void runCallbacks() {
        for (Runnable callback = callbacks.poll(); callback != null; callback = callbacks.poll()) {
            callback.run();
        }
    }

    public List<Entry> entries(String of) {
        return eye.read(new Query.All(of)).toCompletableFuture().join().entries();
    }

    /** In the order of the queue. */
    public List<Entry> live() {
        return entries(directory).stream()
                .filter(Card::isLive)
                .sorted(Comparator.comparingLong(Entry::createRevision))
                .toList();
    }

    boolean stands(long createRevision) {
        return live().stream().anyMatch(entry -> entry.createRevision() == createRevision);
    }

    /** As an operator does. */
    public void removeEntries(String of, Node owner) {
        for (Entry entry : entries(of)) {
            if (Card.isLive(entry) && Card.decode(entry.value()).nodeId().equals(owner.id())) {
                var unused = eye.commit(Commit.to(of)
                        .ifCreateRevision(entry.name(), entry.createRevision())
                        .delete(entry.name())
                        .build());
            }
        }
    }

    /** The n-th of these calls of the client meets the fault. */
    public void strike(Node victim, Predicate<Wire.Call<?>> calls, int occurrence, RequestFault fault) {
        int[] seen = {0};
        victim.wire().add(call -> {
            if (!calls.test(call) || ++seen[0] != occurrence) {
                return false;
            }
            struck = true;
            log("<" + fault + " strikes " + victim + ": " + call + ">");
            beforeFault(victim, fault);
            fault.strike(victim, call);
            return true;
        });
    }

    /** For benches that excuse the client that is hit, or expect less for a while. */
    protected void beforeFault(Node victim, RequestFault fault) {}

    /** Makes a client send calls of a kind that is sent only after a fault. */
    public void provoke(Wire.Kind kind, Node victim) {
        if (kind == Wire.Kind.SETTLE) {
            int[] enqueues = {0};
            victim.wire().add(call -> {
                boolean enqueue = call.kind == Wire.Kind.ENQUEUE || call.kind == Wire.Kind.ROLL_OVER;
                if (enqueue && ++enqueues[0] <= 3) {
                    (enqueues[0] == 2 ? RequestFault.REQUEST_LOST : RequestFault.REPLY_LOST).strike(victim, call);
                    return true;
                }
                return false;
            });
        }
        if (kind == Wire.Kind.GRANT || kind == Wire.Kind.MARKER_PUT || kind == Wire.Kind.REVOKE) {
            for (int seconds : new int[] {6, 16, 26}) {
                later(Duration.ofSeconds(seconds), () -> removeEntries("session", victim));
            }
        }
    }

    /** Runs a scenario and closes the bench; says whether the call of {@link #strike} was made. A failure shows the cell of the table and the log. */
    public boolean isStruckIn(Object cell, Runnable scenario) {
        try {
            scenario.run();
            return struck;
        } catch (AssertionError | RuntimeException broken) {
            throw new AssertionError(cell + ": " + broken.getMessage() + "\n" + String.join("\n", log), broken);
        } finally {
            close();
        }
    }

    /** Checks that nothing is left after all clients have closed, neither in the store nor on the clock. */
    public void closeAndExpectNothing() {
        closeAndExpectOnly(name -> false);
    }

    /** Checks that only entries of these names are left. */
    public void closeAndExpectOnly(Predicate<String> names) {
        nodes.forEach(node -> node.wire.clear());
        nodes.forEach(node -> node.client.close());
        runCallbacks();
        Duration limit = time.elapsed().plus(TTL.multipliedBy(4));
        while (step(limit)) {}
        assertThat(entries(directory))
                .as("entries left")
                .extracting(Entry::name)
                .allMatch(names);
        assertThat(entries("session")).as("markers left").isEmpty();
        assertThat(time.untilNext()).as("timers left").isEmpty();
    }
}
