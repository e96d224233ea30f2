package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.sereno.suite.mutants.Mutant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every mutant is found by the rule that it breaks: with a fixed seed, and under {@code -Psereno.thorough} with a fresh
 * one too. {@code -Dsereno.mutant.seeds=10} sets how many fresh seeds, {@code -Dsereno.seed=...} repeats them, and
 * {@code -Dsereno.mutant=LEA-2} tries the mutants of one rule, or of one name, or of several with commas between them. The
 * results are in {@code target/tck/kill-matrix.json} and {@code .md}.
 */
class MutantsTest {
    private static final long FIXED = 20_261_127;
    private static final @Nullable Long SEED = Long.getLong("sereno.seed");
    private static final int FRESH =
            Integer.getInteger("sereno.mutant.seeds", Boolean.getBoolean("sereno.thorough") || SEED != null ? 1 : 0);
    private static final String ONLY = System.getProperty("sereno.mutant", "");

    private static final KillMatrix MATRIX = new KillMatrix();

    @TestFactory
    Stream<DynamicTest> everyMutantIsKilledByItsRule() {
        List<Long> seeds = seeds();
        List<Mutant> mutants =
                Mutant.all().stream().filter(MutantsTest::isChosen).toList();
        // Some spend their time waiting for a thread that a mutant does not give back.
        ExecutorService side = Executors.newFixedThreadPool(3);
        List<CompletableFuture<KillMatrix.Row>> rows = mutants.stream()
                .map(mutant -> CompletableFuture.supplyAsync(() -> KillMatrix.row(mutant, seeds), side))
                .toList();
        side.shutdown();
        List<DynamicTest> tests = new ArrayList<>();
        for (int i = 0; i < mutants.size(); i++) {
            CompletableFuture<KillMatrix.Row> row = rows.get(i);
            tests.add(dynamicTest(mutants.get(i).toString(), () -> {
                KillMatrix.Row result = row.join();
                MATRIX.add(result);
                assertThat(result.survived())
                        .as("%s has to be found by %s, and was not", result.mutant(), result.rule())
                        .isEmpty();
            }));
        }
        return tests.stream();
    }

    private static boolean isChosen(Mutant mutant) {
        return Stream.of(ONLY.split(",", -1))
                .anyMatch(one -> mutant.rule().startsWith(one) || mutant.name().contains(one));
    }

    private static List<Long> seeds() {
        List<Long> seeds = new ArrayList<>(List.of(FIXED));
        if (FRESH > 0) {
            long first = SEED != null ? SEED : System.nanoTime() & 0xffffffffL;
            System.out.println("fresh seeds of mutants from " + first + "; -Dsereno.seed=" + first + " repeats them");
            new Random(first).longs(FRESH, 1, Integer.MAX_VALUE).forEach(seeds::add);
        }
        return seeds;
    }

    @AfterAll
    static void writeTheMatrix() throws IOException {
        if (ONLY.isEmpty()) {
            MATRIX.writeTo(Path.of("target", "tck"));
        }
    }
}
