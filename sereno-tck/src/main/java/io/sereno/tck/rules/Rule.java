package io.sereno.tck.rules;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;

/** Marks a method of a group that tests one rule of the specification. A rule may have several tests. */
@Documented
@Test
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Rule {
    /** The number of the rule, as in the specification. */
    String value();

    /** What the author of a backend should check first when the rule fails. */
    String check();

    /** Whether the test lets time pass; all such tests run concurrently. */
    boolean waits() default false;

    /** Whether the test starts before the others that let time pass, since it takes longest and does little. */
    boolean startsFirst() default false;
}
