package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.locks.LocksModel.Claim;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random sequences of operations on locks, against {@link LocksModel}. After each operation exactly those hold which the model says, and the store
 * has the places that the model has: nobody holds too early, nobody is forgotten, and callers share no other places than they may.
 */
class LocksAgainstAModelTest {
    private static final int SEQUENCES = 200;
    private static final int OPERATIONS = 80;
    private static final int CLIENTS = 3;
    private static final int CALLERS_OF_EACH = 3;
    /** Longer than a place that was granted may be joined. */
    private static final Duration PAUSE = Duration.ofMillis(25);

    /** A caller with one request at a time. */
    private static final class Caller {
        private final int client;
        private final LockFacade locks;
        private @Nullable LockRequest request;
        private @Nullable LockQueue queue;
        private @Nullable SharedRight right;

        Caller(int client, LockFacade locks) {
            this.client = client;
            this.locks = locks;
        }

        void ask(Claim claim, boolean onlyIfFree) {
            Claims claims = claim.write().isEmpty()
                    ? Claims.ofReader(claim.read())
                    : Claims.ofWriter(claim.write(), claim.read());
            queue = locks.queue("acquire");
            request = queue.request("acquire", claims, onlyIfFree, onlyIfFree ? Bench.OPERATION_TIMEOUT : null);
        }

        boolean holds() {
            LockRequest asked = request;
            if (right == null && asked != null && asked.result().isDone()) {
                right = asked.result()
                        .join()
                        .map(hold -> SharedRight.of(asked, hold))
                        .orElse(null);
            }
            return right != null && right.isHeld();
        }

        void withdraw() {
            var unused = Objects.requireNonNull(queue).withdraw(Objects.requireNonNull(request));
            request = null;
        }

        void downgrade() {
            right = ((ExclusiveRight) Objects.requireNonNull(right)).weaken();
        }

        void release() {
            Objects.requireNonNull(right).close();
            right = null;
            request = null;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void exactlyThoseHoldThatTheModelSays(int names) {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            run(names, seed);
        }
    }

    private static void run(int names, long seed) {
        SplittableRandom random = new SplittableRandom(seed * 31 + names);
        List<String> trace = new ArrayList<>();
        List<Caller> callers = new ArrayList<>();
        LocksModel<Caller> model = new LocksModel<>();
        try (Bench bench = new Bench("lockset/d", Notices.EXACT)) {
            for (int client = 0; client < CLIENTS; client++) {
                Bench.Node node = bench.connect("node-" + client);
                node.client().open();
                for (int i = 0; i < CALLERS_OF_EACH; i++) {
                    callers.add(new Caller(client, new LockFacade(node.client(), "lock set", "d", bench.directory())));
                }
            }
            for (int i = 0; i < OPERATIONS; i++) {
                int index = random.nextInt(callers.size());
                model.timeIs(bench.time.elapsed());
                Caller caller = callers.get(index);
                trace.add(index + " of node-" + caller.client + " " + act(caller, model, names, random));
                Duration until = bench.time.elapsed().plus(random.nextBoolean() ? PAUSE : Duration.ZERO);
                while (bench.step(until)) {}
                trace.add("at " + until.toMillis());
                compare(bench, callers, model, seed, trace);
            }
        }
    }

    private static String act(Caller caller, LocksModel<Caller> model, int names, SplittableRandom random) {
        if (model.holds(caller)) {
            if (model.writes(caller) && random.nextBoolean()) {
                model.downgrade(caller);
                caller.downgrade();
                return "downgrades";
            }
            model.release(caller);
            caller.release();
            return "releases";
        }
        if (model.waits(caller)) {
            if (random.nextInt(3) > 0) {
                return "waits on";
            }
            model.withdraw(caller);
            caller.withdraw();
            return "withdraws";
        }
        Claim claim = random(names, random);
        boolean onlyIfFree = random.nextInt(4) == 0;
        if (onlyIfFree) {
            model.tryNow(caller, caller.client, claim);
        } else {
            model.ask(caller, caller.client, claim);
        }
        caller.ask(claim, onlyIfFree);
        return (onlyIfFree ? "tries " : "wants ") + claim;
    }

    private static Claim random(int names, SplittableRandom random) {
        Set<String> write = new TreeSet<>();
        Set<String> read = new TreeSet<>();
        while (write.isEmpty() && read.isEmpty()) {
            for (int i = 0; i < names; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> write.add("n" + i);
                    case 1 -> read.add("n" + i);
                    default -> {
                        // Not wanted.
                    }
                }
            }
        }
        return new Claim(write, read);
    }

    private static void compare(
            Bench bench, List<Caller> callers, LocksModel<Caller> model, long seed, List<String> trace) {
        List<Integer> expected = new ArrayList<>();
        List<Integer> held = new ArrayList<>();
        for (int i = 0; i < callers.size(); i++) {
            if (model.holds(callers.get(i))) {
                expected.add(i);
            }
            if (callers.get(i).holds()) {
                held.add(i);
            }
        }
        assertThat(held).as("who holds, seed %s, after %s", seed, trace).isEqualTo(expected);
        List<Claim> stored = bench.live().stream()
                .map(Claims::of)
                .map(claims -> new Claim(claims.write(), claims.read()))
                .toList();
        assertThat(stored).as("the queue, seed %s, after %s", seed, trace).isEqualTo(model.claims());
    }
}
