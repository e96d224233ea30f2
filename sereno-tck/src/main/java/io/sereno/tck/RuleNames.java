package io.sereno.tck;

import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTest;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGenerator;

/** Displays a rule's test as {@code WAT-3 MUST: the final state is never lost}. */
final class RuleNames extends DisplayNameGenerator.Standard {
    @Override
    public String generateDisplayNameForMethod(
            List<Class<?>> enclosingInstanceTypes, Class<?> testClass, Method testMethod) {
        if (!testMethod.isAnnotationPresent(Rule.class)) {
            return super.generateDisplayNameForMethod(enclosingInstanceTypes, testClass, testMethod);
        }
        return RuleTest.of(testMethod).get(0).title();
    }
}
