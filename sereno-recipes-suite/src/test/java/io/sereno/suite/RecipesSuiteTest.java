package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.tck.SerenoTck;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipesSuiteTest {
    /** JUnit leaves out a nested class of a superclass that has the name of one of the subclass. */
    @Test
    void noGroupOfRulesHidesOneOfTheKit() {
        assertThat(names(RecipesSuite.class)).isNotEmpty().doesNotContainAnyElementsOf(names(SerenoTck.class));
    }

    private static List<String> names(Class<?> suite) {
        return Arrays.stream(suite.getDeclaredClasses())
                .map(Class::getSimpleName)
                .toList();
    }
}
