package example;

import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.ScheduledExecution;
import io.sereno.LeaderElection;
import jakarta.inject.Singleton;

/** Skips a scheduled method in the processes that do not lead. */
@Singleton
class NotLeader implements Scheduled.SkipPredicate {
    private final LeaderElection planner;

    NotLeader(LeaderElection planner) {
        this.planner = planner;
    }

    @Override
    public boolean test(ScheduledExecution execution) {
        return planner.leadership().isEmpty();
    }
}
