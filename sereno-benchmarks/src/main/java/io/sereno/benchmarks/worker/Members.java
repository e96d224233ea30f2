package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Group;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A group of a fixed size, which one more member joins and leaves again and again. */
final class Members implements Workload {
    private final Clients clients;
    private final int size;
    private final Crew crew = new Crew(8);
    private final Crew one = new Crew(1);
    private final Checks checks = new Checks();
    private @Nullable Group group;

    Members(Clients clients, int size) {
        this.clients = clients;
        this.size = size;
    }

    @Override
    public void open() throws Exception {
        group = clients.connect().group(clients.name("group"));
    }

    @Override
    public void fill() throws Exception {
        Group joined = Objects.requireNonNull(group);
        crew.each(thread -> {
            for (int i = thread; i < size; i += crew.size()) {
                joined.join("standing" + i);
            }
        });
    }

    @Override
    public Window window(Duration length) throws Exception {
        Group joined = Objects.requireNonNull(group);
        Crew.Work work = one.repeat(length.dividedBy(2), thread -> {
            joined.join("coming-and-going").close();
            return true;
        });
        Crew.Work looks = one.repeat(length.dividedBy(2), thread -> {
            checks.equal("members listed", size, joined.size());
            return true;
        });
        return work.window(checks).with("looks", looks.operations() / looks.seconds());
    }
}
