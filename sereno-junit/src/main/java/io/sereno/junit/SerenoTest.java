package io.sereno.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives the methods of a test class several nodes of an application, with a store of their own for each test.
 *
 * <pre>{@code
 * @SerenoTest
 * class BillingTest {
 *     @Test
 *     void stopsWhenItIsCutOff(TestNode ada, SerenoClock clock) throws Exception {
 *         Grant grant = clock.await(() -> ada.sereno().mutex("close-month").acquire());
 *         ada.cutOff();
 *         clock.await(grant.lost());
 *         assertFalse(grant.isHeld());
 *     }
 * }
 * }</pre>
 *
 * <p>The thread of the test waits for the store by {@link SerenoClock} only: {@code clock.await(() -> mutex.acquire())},
 * {@code clock.run(grant::release)}. Another call that waits there, under a fault, may never end.
 *
 * <p>The annotation may stand on an annotation of your own or on an interface too.
 *
 * <p>A test, and each {@code @BeforeEach} and {@code @AfterEach} method, may have these parameters:
 *
 * <ul>
 *   <li>{@link TestNode}, any number of them. Each stands for a process with a client of its own. The first one of every
 *       method of a test is the same node, the second one another node, and so on.
 *   <li>{@link io.sereno.Sereno}: the client of the first node.
 *   <li>{@link SerenoClock}: waits, and lets time pass meanwhile.
 *   <li>{@link java.util.Random}: begins with the seed of the test.
 * </ul>
 *
 * <p><b>Leaks.</b> A test fails if a node holds a lock or leads at its end, after its {@code @AfterEach} methods, or if
 * a caller waits for one, or if a call of {@link SerenoClock#begin} failed and the test never asked. Nodes that are paused or killed at the end are left out. Other objects, such as subscriptions
 * and members, are closed with their nodes and not reported.
 *
 * <p><b>Seeds.</b> Chance enters a test by {@link TestNode#disturb} and by {@code Random}, and both follow one seed,
 * which is reported with each test and named in each failure. The system property {@code sereno.test.seed} sets it. The
 * order in which threads run does not follow it.
 *
 * <p><b>Real stores.</b> {@link #uri()} runs the same tests on a server, and so does the system property
 * {@code sereno.test.uri} for all classes. Each test has a namespace of its own there, which begins with {@code junit-}.
 * Entries that are bound to no session stay in the store.
 *
 * <p>Tests may run in parallel, since each has its own store, threads and time.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(SerenoExtension.class)
public @interface SerenoTest {
    /**
     * The time in which the tests run.
     *
     * @return virtual time by default; a test on a server is in real time
     */
    Time time() default Time.VIRTUAL;

    /**
     * A real store.
     *
     * @return as for {@link io.sereno.Sereno#connect(String)}, without a namespace; empty for a store in memory
     */
    String uri() default "";

    /**
     * The ttl of each node's session.
     *
     * @return as {@link java.time.Duration#parse} accepts it; 10 seconds by default
     */
    String sessionTtl() default "PT10S";
}
