package example;

import io.quarkus.runtime.ShutdownEvent;
import io.sereno.LeaderElection;
import io.sereno.Sereno;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** One client for the whole process, and its candidate. */
@Singleton
class Coordination {
    @Produces
    @Singleton
    Sereno sereno(@ConfigProperty(name = "sereno.uri") String uri) {
        return Sereno.connect(uri);
    }

    void close(@Disposes Sereno sereno) {
        sereno.close();
    }

    @Produces
    @Singleton
    LeaderElection planner(Sereno sereno) {
        return sereno.election("planner").start();
    }

    /** Another process leads while this one stops. */
    void handOver(@Observes ShutdownEvent stop, LeaderElection planner) {
        planner.close();
    }
}
