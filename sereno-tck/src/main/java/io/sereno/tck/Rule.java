package io.sereno.tck;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;

/** Marks the method of a group that tries one rule of the specification. A rule may have several. */
@Documented
@Test
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Rule {
    /** The number of the rule, as in the specification. */
    String value();

    /** What the author of a backend should look at first when it fails. */
    String check();

    /** Whether it lets time pass; all that do run side by side. */
    boolean waits() default false;
}
