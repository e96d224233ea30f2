package example;

import io.quarkus.runtime.StartupEvent;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Sereno;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Does the tasks, in one process at a time; when that process ends, another continues where it was. */
@Singleton
class TaskWorker {
    private final Sereno sereno;
    private final Counter done;

    TaskWorker(Sereno sereno) {
        this.sereno = sereno;
        this.done = sereno.counter("done");
    }

    /** The subscription ends with the client. */
    void work(@Observes StartupEvent start) {
        sereno.topic("tasks", Codec.utf8()).subscribe(From.durable("worker"), task -> done.incrementAndGet());
    }
}
