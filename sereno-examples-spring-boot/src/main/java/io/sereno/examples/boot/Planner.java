package io.sereno.examples.boot;

import io.sereno.Codec;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.spring.Fencing;
import io.sereno.spring.LeaderOnly;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Publishes a task now and then, in the process that leads. */
@Component
class Planner {
    private final Topic<String> tasks;

    Planner(Sereno sereno) {
        tasks = sereno.topic("tasks", Codec.utf8());
    }

    @Scheduled(fixedDelayString = "${example.pause:1s}")
    @LeaderOnly("planner")
    public void plan() {
        tasks.publish("by " + Fencing.token());
    }
}
