package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.CachedMap;
import io.sereno.Codec;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Versioned;
import io.sereno.recipes.Clients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of calls of three clients, against a plain map. After each call its result, the map that every client reads, and what every cache
 * shows are that map; and a version is still good if the model says that nobody has changed its key.
 */
class SharedMapAgainstAModelTest {
    private static final int SEQUENCES = 60;
    private static final int CALLS = 60;
    private static final List<String> KEYS = List.of("a", "ab", "a/b", "b");

    private static final class Model {
        private final TreeMap<String, String> values = new TreeMap<>();
        /** The number of changes of each key; distinguishes its states. */
        private final Map<String, Integer> states = new HashMap<>();

        private void put(String key, String value) {
            values.put(key, value);
            states.merge(key, 1, Integer::sum);
        }

        private void remove(String key) {
            if (values.remove(key) != null) {
                states.merge(key, 1, Integer::sum);
            }
        }

        private int state(String key) {
            return states.getOrDefault(key, 0);
        }
    }

    /** What a client read under a key, and in which state of that key. */
    private record Known(String key, Versioned<String> versioned, int state) {}

    @Test
    void everyCallHasTheResultAndTheEffectThatItHasOnAMap() throws Exception {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> trace = new ArrayList<>();
        Model model = new Model();
        List<Known> known = new ArrayList<>();
        try (Clients clients = new Clients()) {
            List<SharedMap<String>> maps = new ArrayList<>();
            List<CachedMap<String>> caches = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                SharedMap<String> map =
                        clients.connect("node-" + i, clients.line()).map("x", Codec.utf8());
                maps.add(map);
                caches.add(map.cached());
            }
            for (int i = 0; i < CALLS; i++) {
                int index = random.nextInt(maps.size());
                trace.add("node-" + index + " " + call(maps.get(index), model, known, random));
                if (random.nextInt(8) == 0) {
                    clients.time.advance(Duration.ofSeconds(random.nextInt(40)));
                }
                for (int j = 0; j < maps.size(); j++) {
                    Map<String, Versioned<String>> read = maps.get(j).getAll();
                    assertThat(read.keySet())
                            .as("the keys that node-%s reads, seed %s, after %s", j, seed, trace)
                            .containsExactlyElementsOf(model.values.keySet());
                    assertThat(read)
                            .as("what node-%s reads, seed %s, after %s", j, seed, trace)
                            .allSatisfy(
                                    (key, value) -> assertThat(value.value()).isEqualTo(model.values.get(key)));
                    assertThat(caches.get(j).getAll())
                            .as("what the cache of node-%s shows, seed %s, after %s", j, seed, trace)
                            .isEqualTo(read);
                    read.forEach((key, value) -> known.add(new Known(key, value, model.state(key))));
                }
            }
            caches.forEach(CachedMap::close);
        }
    }

    private static String call(SharedMap<String> map, Model model, List<Known> known, SplittableRandom random)
            throws InterruptedException {
        String key = KEYS.get(random.nextInt(KEYS.size()));
        SharedValue<String> value = map.at(key);
        String next = "v" + random.nextInt(3);
        switch (random.nextInt(9)) {
            case 0, 1 -> {
                value.set(next);
                model.put(key, next);
                return "sets " + key + " to " + next;
            }
            case 2 -> {
                boolean absent = !model.values.containsKey(key);
                assertThat(value.setIfAbsent(next)).isEqualTo(absent);
                if (absent) {
                    model.put(key, next);
                }
                return "sets " + key + " to " + next + " if absent";
            }
            case 3 -> {
                value.delete();
                model.remove(key);
                return "deletes " + key;
            }
            case 4 -> {
                if (random.nextInt(3) == 0) {
                    map.delete();
                    KEYS.forEach(model::remove);
                    return "deletes all";
                }
                String after = model.values.getOrDefault(key, "") + "+";
                assertThat(value.updateAndGet(before -> before.orElse("") + "+"))
                        .isEqualTo(after);
                model.put(key, after);
                return "appends to " + key;
            }
            case 5 -> {
                boolean holds = next.equals(model.values.get(key));
                assertThat(map.await(
                                all -> all.containsKey(key)
                                        && all.get(key).value().equals(next),
                                Duration.ZERO))
                        .isEqualTo(holds);
                return "waits for " + key + " to be " + next;
            }
            default -> {
                if (known.isEmpty()) {
                    return "has read nothing";
                }
                // Often one of the last.
                int back = random.nextInt(random.nextBoolean() ? known.size() : Math.min(6, known.size()));
                Known expected = known.get(known.size() - 1 - back);
                boolean applies = expected.state == model.state(expected.key);
                assertThat(map.at(expected.key).compareAndSet(expected.versioned, next))
                        .isEqualTo(applies);
                if (applies) {
                    model.put(expected.key, next);
                }
                return "sets " + next + " if it is " + expected;
            }
        }
    }
}
