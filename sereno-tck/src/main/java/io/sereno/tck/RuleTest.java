package io.sereno.tck;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * One method of a group, and the rule that it tests.
 *
 * @param rule the number of the rule
 * @param method takes a {@link Bench}
 */
record RuleTest(String rule, Method method) {
    static List<RuleTest> in(Class<?> group) {
        return Arrays.stream(group.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Rule.class))
                .map(RuleTest::of)
                .sorted(Comparator.comparing(RuleTest::rule).thenComparing(test -> test.method.getName()))
                .toList();
    }

    static RuleTest of(Method method) {
        return new RuleTest(method.getAnnotation(Rule.class).value(), method);
    }

    String check() {
        return method.getAnnotation(Rule.class).check();
    }

    boolean waits() {
        return method.getAnnotation(Rule.class).waits();
    }

    /** {@code ReadRules.whatIsAbsentIsAnEmptyList}. */
    String id() {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName();
    }

    /** The name of the method as a sentence. */
    String sentence() {
        return method.getName()
                .replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])", " ")
                .toLowerCase(Locale.ROOT);
    }
}
