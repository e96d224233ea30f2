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
            boolean table = output.format == Output.Format.TABLE;
            String own = sereno.nodeId();
            List<List<Object>> rows = sereno.operator().sessions().stream()
                    .filter(session -> !session.nodeId().equals(own))
                    .map(session -> table ? shown(session) : values(session))
                    .toList();
            output.print(
                    List.of("session", "node", "host", "pid", "since", "ttlMillis", "version", "has", "ended"), rows);
        }
        return Exit.OK;
    }

    private static List<Object> values(SessionView session) {
        return List.of(
                session.id(),
                session.nodeId(),
                session.host(),
                session.pid().orElse(0),
                session.since().toString(),
                session.ttl().toMillis(),
                session.version(),
                has(session),
                isEnded(session));
    }

    private static List<Object> shown(SessionView session) {
        return List.of(
                session.id() + (isEnded(session) ? " (ended)" : ""),
                session.nodeId(),
                session.host(),
                session.pid().orElse(0),
                "since " + Text.ago(session.since(), Instant.now()),
                "ttl " + Text.duration(session.ttl()),
                session.version(),
                has(session));
    }

    private static boolean isEnded(SessionView session) {
        return session.markerRevision() == 0;
    }

    private static String has(SessionView session) {
        return session.holdings().stream()
                .map(holding -> holding.role() + " " + holding.resource())
                .collect(Collectors.joining(", "));
    }
}
