package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.sereno.suite.common.SecondProcessRules;
import io.sereno.suite.mutants.AdversarialBackend;
import io.sereno.tck.report.Report;
import io.sereno.tck.rules.SelectedRules;
import io.sereno.tck.run.Kit;
import io.sereno.tck.spi.SecondJvmRules;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * No rule is broken by a backend that keeps them all, however unpleasant it is. {@code -Dsereno.seed=...} repeats a run, {@code -Dsereno.adversary=...} tries
 * those of one name or trait, {@code -Dsereno.adversary.seeds=...} tries this many seeds, and {@code -Dsereno.tck.rules=...} restricts the rules.
 */
abstract class Adversaries {
    static final long SEED = Long.getLong("sereno.seed", System.nanoTime() & 0x7fffffffL);
    static final String ONLY = System.getProperty("sereno.adversary", "");
    private static final Set<Class<?>> IN_A_SECOND_JVM = Set.of(SecondJvmRules.class, SecondProcessRules.class);
    private static final SelectedRules SELECTED = SelectedRules.fromProperty();
    private static final int SEEDS = Integer.getInteger("sereno.adversary.seeds", 1);

    abstract List<AdversarialBackend> adversaries();

    @TestFactory
    Stream<DynamicTest> noRuleIsBrokenByAnAdversary() {
        System.out.println("adversaries with seed " + SEED + "; -Dsereno.seed=" + SEED + " repeats them");
        return adversaries().stream()
                .filter(adversary -> adversary.toString().contains(ONLY))
                .flatMap(adversary -> LongStream.range(SEED, SEED + SEEDS)
                        .mapToObj(seed ->
                                dynamicTest(adversary + ", seed " + seed, () -> requireGreen(adversary, seed))));
    }

    private static void requireGreen(AdversarialBackend adversary, long seed) {
        try (Kit kit = new Kit(new TriedFixture(adversary.world(seed)), RecipesSuite.RULES, seed)) {
            RecipesSuite.RULES.tests().stream()
                    .filter(test -> !IN_A_SECOND_JVM.contains(test.method().getDeclaringClass()))
                    .filter(test -> SELECTED.includes(test.rule()))
                    .forEach(kit::run);
            List<String> red = Report.of(kit).rules().stream()
                    .filter(line -> !line.tests().isEmpty() && !line.verdict().isGreen())
                    .map(line -> line.rule().id() + " " + line.verdict() + ": " + line.why() + "\n" + line.detail())
                    .toList();
            assertThat(red).as("%s, with seed %s", adversary, seed).isEmpty();
        }
    }
}
