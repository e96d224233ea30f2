package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.SessionView;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "sessions", description = "Shows the sessions of all clients, and what each has.")
final class SessionsCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Mixin
    Output output = new Output();

    @Override
    public Integer call() {
        try (Sereno sereno = store.connect()) {
            String own = sereno.nodeId();
            List<List<Object>> rows = sereno.operator().sessions().stream()
                    .filter(session -> !session.nodeId().equals(own))
                    .map(this::row)
                    .toList();
            output.print(List.of("session", "node", "host", "pid", "since", "ttlMillis", "version", "has"), rows);
        }
        return Exit.OK;
    }

    private List<Object> row(SessionView session) {
        boolean table = output.format == Output.Format.TABLE;
        String has = session.holdings().stream()
                .map(holding -> holding.role() + " " + holding.resource())
                .collect(Collectors.joining(", "));
        String id = session.id() + (session.markerRevision() == 0 ? " (ended)" : "");
        return List.of(
                id,
                session.nodeId(),
                session.host(),
                session.pid().orElse(0),
                table
                        ? "since " + Text.ago(session.since(), Instant.now())
                        : session.since().toString(),
                table ? "ttl " + Text.duration(session.ttl()) : session.ttl().toMillis(),
                session.version(),
                has);
    }
}
