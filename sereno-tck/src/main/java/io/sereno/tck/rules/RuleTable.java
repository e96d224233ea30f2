package io.sereno.tck.rules;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;

/**
 * Marks a method of a group that tests several rules, which differ only in values. Each row of the table is a test of its
 * own. The method takes a {@code Bench} and the {@link RuleTest} of the row:
 *
 * <pre>{@code
 * @RuleTable("""
 *         READ-1 | readsShowWhatWasAcked | 200 | whether a read may be answered by a follower, a replica or a cache
 *         """)
 * void calm(Bench bench, RuleTest test) {
 *     HistoryRun.calm(bench).judge(bench, test.rule(), test.atLeast());
 * }
 * }</pre>
 */
@Documented
@TestTemplate
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface RuleTable {
    /**
     * One test a line, in four columns: the number of the rule, the name of the test, how often the rule has to have been
     * tested, and what the author of a backend should check first when the rule fails.
     */
    String value();

    /** Whether the tests let time pass; all such tests run concurrently. */
    boolean waits() default false;
}
