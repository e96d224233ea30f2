package io.sereno.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the method only while this process leads an election; otherwise the call does nothing. For methods with
 * {@code @Scheduled}:
 *
 * <pre>{@code
 * @Scheduled(cron = "0 0 3 * * *")
 * @LeaderOnly("reports")
 * public void nightly() {
 *     ledger.close(Fencing.token());
 * }
 * }</pre>
 *
 * <p>The process stands for that election from the start of the application context to its stop. All methods with
 * {@code @LeaderOnly} and {@link OnElected} of one name share one candidate.
 *
 * <p><b>Guarantees.</b> Those of {@link io.sereno.LeaderElection}. A call that begins does so while this process leads,
 * and the loss of the leadership interrupts it. No call begins while one of an earlier leadership of this process still
 * runs. When the context stops, running calls are interrupted and waited for, 5 s at most, before the leadership is
 * handed over. A call that is skipped returns null, or the empty {@code Optional} if that is its type, and does no I/O.
 *
 * <p><b>Not guaranteed.</b> That a scheduled run takes place: if no process leads at that moment, none does. That a call
 * that ignores its interrupt ends before another process leads; {@link Fencing#token()} protects against that. That a call within the same object is
 * checked: it does not pass through Spring's proxy.
 *
 * <p><b>Refused at startup</b>: what {@link Locked} with {@link Busy#SKIP} refuses of methods.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface LeaderOnly {
    /**
     * The name of the election. Placeholders are resolved.
     *
     * @return a name as {@link io.sereno.Sereno#election} takes it
     */
    String value();
}
