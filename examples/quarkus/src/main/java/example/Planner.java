package example;

import io.quarkus.scheduler.Scheduled;
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

    @Scheduled(every = "1s", skipExecutionIf = NotLeader.class)
    void plan() {
        planner.leadership().ifPresent(leadership -> tasks.publish("by " + leadership.fencingToken()));
    }
}
