package io.sereno.spring;

import static java.util.Objects.requireNonNull;

import io.sereno.LeaderElection;
import io.sereno.Sereno;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import org.springframework.context.SmartLifecycle;

/**
 * Leaves the elections of a client when the application context begins to stop, before a web server stops, so that
 * another process leads while this one finishes its requests. The client stays open meanwhile, for the requests that
 * still run; Spring closes it with its bean. Spring Boot's auto-configuration makes a bean of this class.
 *
 * <pre>{@code
 * @Bean
 * SerenoLifecycle serenoLifecycle() {
 *     return new SerenoLifecycle();
 * }
 *
 * @Bean
 * Sereno sereno(SerenoLifecycle lifecycle) {
 *     return lifecycle.observe(Sereno.connect("etcd://etcd.internal:2379/billing"));
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> When a bean in a lower phase is stopped, a web server among them, each election that was made by
 * an {@linkplain #observe observed} client before the stop has been closed: its leadership is handed over, and its
 * leader callback was interrupted.
 *
 * <p><b>Not guaranteed.</b> That a leader callback which ignores its interrupt has ended: each election is waited for as
 * {@link LeaderElection#close()} waits, 5 s at most. Elections are closed one after another. An election that is made
 * after the stop stays open until the client is closed.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class SerenoLifecycle implements SmartLifecycle {
    /** Weak: an election that was made and dropped is of no interest. Guarded by itself. */
    private final Set<LeaderElection> elections = Collections.newSetFromMap(new WeakHashMap<>());

    private volatile boolean running;

    /** Makes a life cycle that observes no client yet. */
    public SerenoLifecycle() {}

    /**
     * Observes which elections a client and its {@linkplain Sereno#withNamespace children} make. Does no I/O.
     *
     * @param sereno not closed by this object
     * @return the same client, to be used in the place of the one that was given; it closes that one
     */
    public Sereno observe(Sereno sereno) {
        requireNonNull(sereno, "sereno");
        return (Sereno) Proxy.newProxyInstance(
                Sereno.class.getClassLoader(), new Class<?>[] {Sereno.class}, (proxy, method, args) -> {
                    try {
                        if (method.getDeclaringClass() == Object.class
                                && method.getName().equals("equals")) {
                            return proxy == args[0];
                        }
                        Object result = method.invoke(sereno, args);
                        if (result instanceof Sereno child) {
                            return observe(child);
                        }
                        if (result instanceof LeaderElection election) {
                            add(election);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    private void add(LeaderElection election) {
        synchronized (elections) {
            elections.removeIf(earlier -> earlier.state() == LeaderElection.State.CLOSED);
            elections.add(election);
        }
    }

    /** {@inheritDoc} Before a web server stops, and after the candidates of {@link LeaderOnly} and {@link OnElected}. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 1;
    }

    @Override
    public void start() {
        running = true;
    }

    /** Closes the elections. Waits for each as {@link LeaderElection#close()} does. */
    @Override
    public void stop() {
        List<LeaderElection> open;
        synchronized (elections) {
            open = List.copyOf(elections);
            elections.clear();
        }
        open.forEach(LeaderElection::close);
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /**
     * Whether Spring 7 stops this object while it pauses the context of a test. Elections that an application made are
     * not made again, so they stay.
     *
     * @return false
     */
    // Overrides a method of Spring 7 only.
    public boolean isPauseable() {
        return false;
    }

    @Override
    public String toString() {
        return "SerenoLifecycle[running=" + running + "]";
    }
}
