package io.sereno.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the method under a {@link io.sereno.Mutex}, as {@link io.sereno.Mutex#call} runs its work. The mutex is acquired
 * before a transaction of the method begins, and released after its commit.
 *
 * <pre>{@code
 * @Locked(key = "'report:' + #customer.id", waitAtMost = "5s", onBusy = Busy.SKIP)
 * @Transactional
 * public void report(Customer customer) {
 *     ledger.write(customer, Fencing.token());
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> Those of {@link io.sereno.Mutex}: in all processes of one store and namespace, one call at a time
 * runs for each key. The loss of the mutex interrupts the method; the caller gets a
 * {@link io.sereno.GrantLostException}, whatever the method returned, and what it threw is suppressed in it. A call in a thread that
 * already runs under the same key runs under the same grant.
 *
 * <p><b>Not guaranteed.</b> That a call within the same object is locked: it does not pass through Spring's proxy. Call
 * through another bean, or check with {@link Locks#assertHeld}. That nothing happens between the last look at the grant
 * and the effect; {@link Fencing#token()} protects against that.
 *
 * <p><b>Refused at startup:</b> a private, final or static method, which Spring cannot intercept; a key that is no
 * expression; {@link Busy#SKIP} without a wait or with a primitive result; a method that returns a future or a
 * {@code Publisher} and is not {@code @Async}, since its work may go on when it has returned. <b>Refused at the call:</b>
 * a call within a transaction that the method would join, since it commits after the release.
 *
 * <p>The proxy takes its place outside of transactions and caches with their usual order, and inside of {@code @Async}.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Locked {
    /** The order of the proxy's advice: before that of transactions, which is {@code Ordered.LOWEST_PRECEDENCE}. */
    int ORDER = Integer.MAX_VALUE - 1_000;

    /**
     * The name of the mutex, as an expression in SpEL: a literal needs quotes, {@code #parameter} is an argument, and
     * {@code @bean} a bean.
     *
     * @return an expression whose text is a name as {@link io.sereno.Sereno#mutex} takes it
     */
    String key();

    /**
     * How long to wait for the mutex: {@code 500ms}, {@code 5s} or ISO-8601; {@code 0s} does not wait for others.
     * Placeholders are resolved.
     *
     * @return empty to wait as long as it takes
     */
    String waitAtMost() default "";

    /**
     * What to do if the mutex was not free in that time. A store that is out of reach is not busy: the call throws
     * {@link io.sereno.NotAppliedException} then.
     *
     * @return by default, throw a {@link BusyException}
     */
    Busy onBusy() default Busy.THROW;
}
