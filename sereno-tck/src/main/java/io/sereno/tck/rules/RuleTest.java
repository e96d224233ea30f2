package io.sereno.tck.rules;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A method of a group and the rule that it tests, or one row of the method's {@link RuleTable}.
 *
 * @param rule the number of the rule
 * @param name of the test: that of the method, or of the row
 * @param check what to check first when the rule fails
 * @param waits whether the test lets time pass
 * @param atLeast how often the rule has to have been tested; 0 if the method itself says so
 * @param method takes a {@code Bench}, and for a row also this test
 */
public record RuleTest(String rule, String name, String check, boolean waits, long atLeast, Method method) {
    /** All tests of a group. */
    public static List<RuleTest> in(Class<?> group) {
        return Arrays.stream(group.getDeclaredMethods())
                .flatMap(method -> of(method).stream())
                .sorted(Comparator.comparing(RuleTest::rule).thenComparing(RuleTest::name))
                .toList();
    }

    /** The tests of one method; none if it tests no rule. */
    public static List<RuleTest> of(Method method) {
        Rule rule = method.getAnnotation(Rule.class);
        if (rule != null) {
            return List.of(new RuleTest(rule.value(), method.getName(), rule.check(), rule.waits(), 0, method));
        }
        RuleTable table = method.getAnnotation(RuleTable.class);
        return table == null
                ? List.of()
                : table.value().lines().map(row -> of(row, table, method)).toList();
    }

    private static RuleTest of(String row, RuleTable table, Method method) {
        List<String> cells =
                Arrays.stream(row.split("\\|", -1)).map(String::trim).toList();
        if (cells.size() != 4) {
            throw new IllegalArgumentException(method + " has a row with " + cells.size()
                    + " columns; they are rule, name, count and check: " + row);
        }
        return new RuleTest(
                cells.get(0), cells.get(1), cells.get(3), table.waits(), Long.parseLong(cells.get(2)), method);
    }

    /** {@link Rule#startsFirst()}; false for a row. */
    public boolean startsFirst() {
        Rule one = method.getAnnotation(Rule.class);
        return one != null && one.startsFirst();
    }

    /** {@code ReadRules.anAbsentEntryIsAnEmptyList}. */
    public String id() {
        return method.getDeclaringClass().getSimpleName() + "." + name;
    }

    /** The name as a sentence. */
    public String sentence() {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])", " ")
                .toLowerCase(Locale.ROOT);
    }

    /** {@code WAT-3 MUST: the final state is never lost}. */
    public String title() {
        Specification.Entry entry = Specification.shipped().rule(rule);
        return entry.id() + " " + entry.level() + ": " + sentence();
    }
}
