package io.sereno.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Calls the method when this process begins to lead an election. It takes no argument or the
 * {@link io.sereno.Leadership}, and may run as long as the leadership lasts.
 *
 * <pre>{@code
 * @OnElected("reports")
 * public void lead(Leadership leadership) {
 *     while (leadership.isHeld()) {
 *         reports.writeNext(leadership.fencingToken());
 *     }
 * }
 * }</pre>
 *
 * <p>The process stands for that election from the start of the application context to its stop. The loss of the
 * leadership interrupts the method; the candidate stands again when the method has returned. When the method returns
 * earlier, or throws, the process stays the leader. The stop of the context interrupts the method and waits for it, 5 s
 * at most, before the leadership is handed over.
 *
 * <p><b>Refused at startup</b>: a second method of the same name, other parameters, a result, a static, private or
 * final method.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface OnElected {
    /**
     * The name of the election. Placeholders are resolved.
     *
     * @return a name as {@link io.sereno.Sereno#election} takes it
     */
    String value();
}
