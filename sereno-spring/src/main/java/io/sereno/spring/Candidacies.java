package io.sereno.spring;

import io.sereno.Sereno;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.context.SmartLifecycle;

/** The candidates of {@link LeaderOnly} and {@link OnElected}, from the start of the application context to its stop. */
final class Candidacies implements SmartLifecycle {
    private final ConfigurableBeanFactory beans;
    private final Map<String, Candidacy> byName = new ConcurrentHashMap<>();
    private volatile boolean running;

    /** @param beans has the client, which is asked for at the start */
    Candidacies(ConfigurableBeanFactory beans) {
        this.beans = beans;
    }

    /** The name that the annotation of a method gives, with its placeholders resolved. */
    static String name(ConfigurableBeanFactory beans, Method method, String value) {
        String name = beans.resolveEmbeddedValue(value);
        if (name == null || name.isEmpty()) {
            throw new IllegalStateException("the election of " + method + " has no name; a name of at most "
                    + Sereno.MAX_NAME_BYTES + " bytes is accepted");
        }
        return name;
    }

    /** Lets this process stand for an election, and call a method when it leads, unless that is null. */
    synchronized void add(String name, @Nullable ElectedMethod elected) {
        Candidacy added = new Candidacy(name);
        Candidacy present = byName.putIfAbsent(name, added);
        Candidacy candidacy = present == null ? added : present;
        if (elected != null) {
            candidacy.elected(elected);
        }
        if (present == null && running) {
            added.start(beans.getBean(Sereno.class));
        }
    }

    /** As {@link Candidacy#begin()}. */
    Tenure.@Nullable Run begin(String name) {
        Candidacy candidacy = byName.get(name);
        return candidacy == null ? null : candidacy.begin();
    }

    void end(String name, Tenure.Run run) {
        Candidacy candidacy = byName.get(name);
        if (candidacy != null) {
            candidacy.end(run);
        }
    }

    /** {@inheritDoc} Stops before {@link SerenoLifecycle}, which would not wait for the methods. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    @Override
    public synchronized void start() {
        if (!running && !byName.isEmpty()) {
            Sereno sereno = beans.getBean(Sereno.class);
            byName.values().forEach(candidacy -> candidacy.start(sereno));
        }
        running = true;
    }

    @Override
    public synchronized void stop() {
        if (running) {
            running = false;
            List<Candidacy> all = List.copyOf(byName.values());
            all.forEach(Candidacy::beginStop);
            all.forEach(Candidacy::endStop);
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
