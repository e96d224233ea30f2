package io.sereno.tck.rules;

import java.util.List;
import java.util.stream.Stream;

/**
 * The rules that a run covers: all, or those that {@value #PROPERTY} names, separated by commas, by number or by group:
 * {@code READ-4a,WAT}.
 */
public record SelectedRules(List<String> names) {
    public static final String PROPERTY = "sereno.tck.rules";

    public static SelectedRules fromProperty() {
        String property = System.getProperty(PROPERTY, "");
        return new SelectedRules(Stream.of(property.split(",", -1))
                .map(String::trim)
                .filter(name -> !name.isEmpty())
                .toList());
    }

    /** {@code WAT-3} stands for {@code WAT-3a} too, but not for {@code WAT-30}. */
    public boolean includes(String rule) {
        return names.isEmpty()
                || names.stream()
                        .anyMatch(name -> rule.equals(name)
                                || rule.startsWith(name + "-")
                                || (rule.startsWith(name)
                                        && rule.substring(name.length()).matches("[a-z]")));
    }

    public boolean isAll() {
        return names.isEmpty();
    }
}
