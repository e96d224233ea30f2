package io.sereno.tck.rules;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
     * @throws IllegalArgumentException if two of them have one name: JUnit runs only that of the subclass
     */
    public static RuleSet of(Class<?> kit) {
        List<Class<?>> nested = Stream.<Class<?>>iterate(kit, type -> type != null, Class::getSuperclass)
                .flatMap(type -> Arrays.stream(type.getDeclaredClasses()))
                .filter(type -> type.isAnnotationPresent(Nested.class))
                .toList();
        Set<String> names = new HashSet<>();
        for (Class<?> type : nested) {
            if (!names.add(type.getSimpleName())) {
                throw new IllegalArgumentException(type.getName() + " is hidden by a nested class of the same name in a"
                        + " subclass, and JUnit would run none of its rules; rename one of them");
            }
        }
        return new RuleSet(nested.stream()
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
