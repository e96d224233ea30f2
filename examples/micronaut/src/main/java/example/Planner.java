package example;

import io.micronaut.scheduling.annotation.Scheduled;
import io.sereno.Codec;
import io.sereno.LeaderElection;
import io.sereno.Sereno;
import io.sereno.Topic;
import jakarta.inject.Singleton;

/** Publishes a task now and then, in the process that leads. */
@Singleton
class Planner {
    private final LeaderElection planner;
    private final Topic<String> tasks;

    Planner(Sereno sereno, LeaderElection planner) {
        this.planner = planner;
        this.tasks = sereno.topic("tasks", Codec.utf8());
    }

    @Scheduled(fixedDelay = "1s")
    void plan() {
        planner.leadership().ifPresent(leadership -> tasks.publish("by " + leadership.fencingToken()));
    }
}
