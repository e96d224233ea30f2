package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.sereno.suite.common.SecondProcessRules;
import io.sereno.suite.mutants.Devil;
import io.sereno.tck.report.Report;
import io.sereno.tck.run.Kit;
import io.sereno.tck.spi.SecondJvmRules;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * No rule is broken by a backend that keeps them all, however unpleasant it is. {@code -Dsereno.seed=...} repeats a run,
 * {@code -Psereno.thorough} tries each trait alone besides, {@code -Dsereno.devil=...} those of a name or trait, and
 * {@code -Dsereno.devil.seeds=...} goes on with so many seeds.
 */
class DevilsTest {
    private static final long SEED = Long.getLong("sereno.seed", System.nanoTime() & 0x7fffffffL);
    private static final String ONLY = System.getProperty("sereno.devil", "");
    private static final Set<Class<?>> IN_A_SECOND_JVM = Set.of(SecondJvmRules.class, SecondProcessRules.class);
    private static final int SEEDS = Integer.getInteger("sereno.devil.seeds", 1);

    @TestFactory
    Stream<DynamicTest> noRuleIsBrokenByADevil() {
        System.out.println("devils with seed " + SEED + "; -Dsereno.seed=" + SEED + " repeats them");
        List<Devil> devils =
                Boolean.getBoolean("sereno.thorough") || !ONLY.isEmpty() ? Devil.thorough() : Devil.usual();
        return devils.stream()
                .filter(devil -> devil.toString().contains(ONLY))
                .flatMap(devil -> LongStream.range(SEED, SEED + SEEDS)
                        .mapToObj(seed -> dynamicTest(devil + ", seed " + seed, () -> requireGreen(devil, seed))));
    }

    private static void requireGreen(Devil devil, long seed) {
        try (Kit kit = new Kit(new TriedFixture(devil.world(seed)), RecipesSuite.RULES, seed)) {
            RecipesSuite.RULES.tests().stream()
                    .filter(test -> !IN_A_SECOND_JVM.contains(test.method().getDeclaringClass()))
                    .forEach(kit::run);
            List<String> red = Report.of(kit).rules().stream()
                    .filter(line -> !line.tests().isEmpty() && !line.verdict().isGreen())
                    .map(line -> line.rule().id() + " " + line.verdict() + ": " + line.why() + "\n" + line.detail())
                    .toList();
            assertThat(red).as("%s, with seed %s", devil, seed).isEmpty();
        }
    }
}
