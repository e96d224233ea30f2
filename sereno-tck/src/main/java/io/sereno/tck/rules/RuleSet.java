package io.sereno.tck.rules;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;

/**
 * The tests of one kit: those of the groups that its JUnit class has as nested classes. No other list of groups exists.
 *
 * @param tests sorted by group, rule and method
 */
public record RuleSet(List<RuleTest> tests) {
    /**
     * Finds the groups of a JUnit class and of its superclasses.
     *
     * @param kit a class whose nested classes each extend a group
     */
    public static RuleSet of(Class<?> kit) {
        return new RuleSet(Stream.<Class<?>>iterate(kit, type -> type != null, Class::getSuperclass)
                .flatMap(type -> Arrays.stream(type.getDeclaredClasses()))
                .filter(type -> type.isAnnotationPresent(Nested.class))
                .<Class<?>>map(Class::getSuperclass)
                .sorted(Comparator.comparing(Class::getName))
                .flatMap(group -> RuleTest.in(group).stream())
                .toList());
    }

    /** The tests of one rule. */
    public List<RuleTest> testsOf(String rule) {
        return tests.stream().filter(test -> test.rule().equals(rule)).toList();
    }
}
