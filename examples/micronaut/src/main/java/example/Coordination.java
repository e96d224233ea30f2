package example;

import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.sereno.LeaderElection;
import io.sereno.Sereno;
import jakarta.inject.Singleton;

/** One client for the whole process, and its candidate, which is closed before the client. */
@Factory
class Coordination {
    @Singleton
    @Bean(preDestroy = "close")
    Sereno sereno(@Value("${sereno.uri}") String uri) {
        return Sereno.connect(uri);
    }

    @Singleton
    @Bean(preDestroy = "close")
    LeaderElection planner(Sereno sereno) {
        return sereno.election("planner").start();
    }
}
