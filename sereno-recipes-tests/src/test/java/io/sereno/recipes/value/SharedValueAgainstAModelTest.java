package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.SharedValue;
import io.sereno.Versioned;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of calls of three clients, against a plain variable with a number that every change raises. After each call its result, the value
 * that every client reads, and what every cache shows are those of the variable.
 */
class SharedValueAgainstAModelTest {
    private static final int SEQUENCES = 60;
    private static final int CALLS = 60;

    /** The variable. */
    private static final class Model {
        private @Nullable String value;
        /** Distinguishes the states. */
        private int state;

        private void change(@Nullable String next) {
            value = next;
            state++;
        }
    }

    /** What a client read, and in which state of the model. */
    private record Known(Versioned<String> versioned, int state) {}

    @Test
    void everyCallHasTheResultAndTheEffectThatItHasOnAVariable() throws Exception {
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
            List<SharedValue<String>> values = new ArrayList<>();
            List<CachedValue<String>> caches = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                SerenoClient client = clients.connect("node-" + i, clients.line());
                SharedValue<String> value = client.value("x", Codec.utf8());
                values.add(value);
                caches.add(value.cached());
            }
            for (int i = 0; i < CALLS; i++) {
                int index = random.nextInt(values.size());
                trace.add("node-" + index + " " + call(values.get(index), model, known, random));
                if (random.nextInt(8) == 0) {
                    clients.time.advance(Duration.ofSeconds(random.nextInt(40)));
                }
                for (int j = 0; j < values.size(); j++) {
                    Optional<Versioned<String>> read = values.get(j).get();
                    assertThat(read.map(Versioned::value))
                            .as("what node-%s reads, seed %s, after %s", j, seed, trace)
                            .isEqualTo(Optional.ofNullable(model.value));
                    assertThat(caches.get(j).get())
                            .as("what the cache of node-%s shows, seed %s, after %s", j, seed, trace)
                            .isEqualTo(read);
                    read.ifPresent(state -> known.add(new Known(state, model.state)));
                }
            }
            caches.forEach(CachedValue::close);
        }
    }

    private static String call(SharedValue<String> value, Model model, List<Known> known, SplittableRandom random)
            throws InterruptedException {
        String next = "v" + random.nextInt(3);
        switch (random.nextInt(7)) {
            case 0 -> {
                value.set(next);
                model.change(next);
                return "sets " + next;
            }
            case 1 -> {
                assertThat(value.setIfAbsent(next)).isEqualTo(model.value == null);
                if (model.value == null) {
                    model.change(next);
                }
                return "sets " + next + " if absent";
            }
            case 2 -> {
                value.delete();
                if (model.value != null) {
                    model.change(null);
                }
                return "deletes";
            }
            case 3 -> {
                assertThat(value.updateAndGet(before -> before.orElse("") + "+").length())
                        .isEqualTo(model.value == null ? 1 : model.value.length() + 1);
                model.change((model.value == null ? "" : model.value) + "+");
                return "appends";
            }
            case 4 -> {
                boolean holds = model.value != null && model.value.equals(next);
                assertThat(value.await(next::equals, Duration.ZERO)).isEqualTo(holds);
                return "waits for " + next;
            }
            default -> {
                if (known.isEmpty()) {
                    return "has read nothing";
                }
                // Often one of the last.
                int back = random.nextInt(random.nextBoolean() ? known.size() : Math.min(3, known.size()));
                Known expected = known.get(known.size() - 1 - back);
                boolean applies = expected.state == model.state;
                assertThat(value.compareAndSet(expected.versioned, next)).isEqualTo(applies);
                if (applies) {
                    model.change(next);
                }
                return "sets " + next + " if it is " + expected;
            }
        }
    }
}
