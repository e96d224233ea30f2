package io.sereno.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.sereno.tck.mutants.Devil;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * No rule is broken by a backend that keeps them all, however unpleasant it is. {@code -Dsereno.seed=...} repeats a run,
 * {@code -Psereno.thorough} tries each trait alone besides.
 */
class DevilsTest {
    private static final long SEED = Long.getLong("sereno.seed", System.nanoTime() & 0x7fffffffL);
    private static final String ONLY = System.getProperty("sereno.devil", "");

    @TestFactory
    Stream<DynamicTest> noRuleIsBrokenByADevil() {
        System.out.println("devils with seed " + SEED + "; -Dsereno.seed=" + SEED + " repeats them");
        List<Devil> devils =
                Boolean.getBoolean("sereno.thorough") || !ONLY.isEmpty() ? Devil.thorough() : Devil.usual();
        return devils.stream()
                .filter(devil -> devil.toString().contains(ONLY))
                .map(devil -> dynamicTest(devil.toString(), () -> requireGreen(devil)));
    }

    private static void requireGreen(Devil devil) {
        try (Kit kit = new Kit(new TriedFixture(devil.world(SEED)), SEED)) {
            Kit.tests().stream()
                    .filter(test -> test.method().getDeclaringClass() != SecondJvmRules.class)
                    .forEach(kit::run);
            List<String> red = Report.of(kit).rules().stream()
                    .filter(line -> !line.tests().isEmpty() && !line.verdict().isGreen())
                    .map(line -> line.rule().id() + " " + line.verdict() + ": " + line.why() + "\n" + line.detail())
                    .toList();
            assertThat(red).as("%s, with seed %s", devil, SEED).isEmpty();
        }
    }
}
