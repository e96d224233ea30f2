package io.sereno.tck.recipes;

import io.sereno.CachedMap;
import io.sereno.SharedMap;
import io.sereno.Versioned;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** {@link ValueRun} with the values of several keys of one map at the same time, while each client keeps the whole map cached. */
final class MapRun {
    private static final String NAME = "map";
    private static final List<String> KEYS = List.of("a", "b");

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private record OfKey(CachedMap<Long> cached, String key) implements ValueRun.Cached {
        @Override
        public Optional<Versioned<Long>> get() {
            return cached.get(key);
        }

        @Override
        public boolean isCurrent() {
            return cached.isCurrent();
        }
    }

    private MapRun() {}

    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    List<Node> nodes = RunNodes.calm(bench, 3);
                    return new Calm(play(bench, nodes, 20, caches(nodes), () -> {}));
                })
                .chronicle();
    }

    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    List<Node> nodes = new ArrayList<>();
                    FaultStorm storm = RunNodes.rough(bench, nodes);
                    List<CachedMap<Long>> caches = caches(nodes);
                    storm.begin();
                    return new Rough(play(bench, nodes, 25, caches, storm::end));
                })
                .chronicle();
    }

    private static SharedMap<Long> map(Node node) {
        return node.sereno().map(NAME, ValueRun.NUMBERS);
    }

    private static List<CachedMap<Long>> caches(List<Node> nodes) {
        return nodes.stream()
                .map(node -> node.result("cached", map(node)::cached))
                .toList();
    }

    private static Chronicle play(
            Bench bench, List<Node> nodes, int rounds, List<CachedMap<Long>> caches, Runnable calmDown) {
        Chronicle chronicle = new Chronicle(bench);
        chronicle.simulated(bench.inProcess());
        List<ValueRun> runs = new ArrayList<>();
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (String key : KEYS) {
            ValueRun.Subject subject =
                    new ValueRun.Subject("SHM-1", "SHM-2", node -> map(node).at(key));
            ValueRun run = new ValueRun(bench, chronicle, nodes, rounds, subject);
            runs.add(run);
            callers.addAll(run.begin(ofKey(caches, key)));
        }
        try {
            bench.join(callers, Duration.ofMinutes(2));
        } finally {
            calmDown.run();
        }
        for (int i = 0; i < KEYS.size(); i++) {
            runs.get(i).judge(ofKey(caches, KEYS.get(i)));
        }
        return chronicle;
    }

    private static List<ValueRun.Cached> ofKey(List<CachedMap<Long>> caches, String key) {
        List<ValueRun.Cached> ofKey = new ArrayList<>();
        caches.forEach(cached -> ofKey.add(new OfKey(cached, key)));
        return ofKey;
    }
}
