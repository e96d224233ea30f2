package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.Seat;
import io.sereno.operator.WaitForGraph;
import io.sereno.operator.WaitForGraph.Edge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "graph",
        description = "Shows who waits for whom, and suspected deadlocks. Exit code 1 if there is none.")
final class GraphCommand implements Callable<Integer> {
    /** As {@link io.sereno.operator.Operator#waitFor} accepts it. */
    private static final Duration LONGEST = Duration.ofMinutes(1);

    @Mixin
    Store store = new Store();

    @Mixin
    Output output = new Output();

    @Option(
            names = "--between",
            paramLabel = "TIME",
            defaultValue = "1s",
            description = "The pause between two readings, at most 1m (1s).")
    Duration between = Duration.ofSeconds(1);

    @Override
    public Integer call() throws InterruptedException {
        check();
        try (Sereno sereno = store.connect()) {
            WaitForGraph graph = sereno.operator().waitFor(between);
            List<List<Object>> rows = new ArrayList<>();
            graph.edges().forEach(edge -> rows.add(row("waits", edge)));
            for (int i = 0; i < graph.suspected().size(); i++) {
                for (Edge edge : graph.suspected().get(i)) {
                    rows.add(row("suspected deadlock " + (i + 1), edge));
                }
            }
            output.print(List.of("what", "client", "waitsFor", "resource"), rows);
            return graph.suspected().isEmpty() ? Exit.NOTHING : Exit.OK;
        }
    }

    private void check() {
        if (between.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "--between is " + between.toMillis() + "ms; 0ms to " + LONGEST.toMinutes() + "m is accepted");
        }
    }

    private static List<Object> row(String what, Edge edge) {
        return List.of(
                what,
                client(edge.waiting()),
                client(edge.ahead()),
                edge.ahead().resource().toString());
    }

    private static String client(Seat seat) {
        return seat.foreign() ? "an entry put by hand" : seat.nodeId();
    }
}
