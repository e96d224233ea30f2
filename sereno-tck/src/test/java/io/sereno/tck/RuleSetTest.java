package io.sereno.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.spi.CheckRules;
import io.sereno.tck.spi.ValueRules;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Which rules a class of the kit runs. */
class RuleSetTest {
    private static class Base {
        @Nested
        class Values extends ValueRules {}
    }

    private static final class Suite extends Base {
        @Nested
        class Checks extends CheckRules {}
    }

    /** JUnit runs the nested class of the subclass only. */
    private static final class Hiding extends Base {
        @Nested
        class Values extends CheckRules {}
    }

    @Test
    void theGroupsOfAClassAndOfItsSuperclassAreRun() {
        assertThat(RuleSet.of(Suite.class).tests()).extracting(RuleTest::rule).contains("VAL-1a", "COM-8a");
    }

    @Test
    void aGroupThatHidesAnotherOneIsRefused() {
        assertThatThrownBy(() -> RuleSet.of(Hiding.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("Base$Values", "rename one of them");
    }
}
