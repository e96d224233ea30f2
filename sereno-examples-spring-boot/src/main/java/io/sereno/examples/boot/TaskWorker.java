package io.sereno.examples.boot;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Sereno;
import io.sereno.Subscription;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Does the tasks, in one process at a time; when that process ends, another continues where it was. */
@Component
class TaskWorker {
    private final Sereno sereno;
    private final Counter done;

    TaskWorker(Sereno sereno) {
        this.sereno = sereno;
        this.done = sereno.counter("done");
    }

    /** The subscription ends with the client. */
    @EventListener(ApplicationReadyEvent.class)
    public Subscription work() {
        return sereno.topic("tasks", Codec.utf8()).subscribe(From.durable("worker"), task -> done.incrementAndGet());
    }
}
