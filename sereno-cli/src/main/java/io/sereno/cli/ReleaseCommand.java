package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Release;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.spi.Names;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "release",
        description = {
            "Takes a right away from its holder: ends the session of the holder, and waits until the right is free. No two clients rely on the right at once.",
            "With --now, deletes only the seat: the next client gets the right at once, and the former holder goes on until it notices."
        })
final class ReleaseCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Parameters(paramLabel = "KIND/NAME", description = "As in lock/close-month.")
    String target = "";

    @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why, for the audit.")
    String reason = "";

    @Option(
            names = "--session",
            paramLabel = "ID",
            description = "Ends the seat of this session, as inspect shows it, whether it holds or waits.")
    @Nullable
    String session;

    @Option(
            names = "--now",
            description =
                    "Deletes the seat, and does not wait. The former holder goes on until it notices, so only fencing tokens protect the resource. An entry that was put by hand needs this.")
    boolean now;

    @Option(
            names = {"-y", "--yes"},
            description = "Does not ask.")
    boolean yes;

    @Override
    public Integer call() throws InterruptedException, IOException {
        Resource resource = Target.parse(target, Kind::isQueue);
        checkReason();
        try (Sereno sereno = store.connect()) {
            Operator operator = sereno.operator();
            Optional<Seat> seat = operator.queue(resource).flatMap(this::choose);
            if (seat.isEmpty()) {
                System.err.println(
                        "sereno: " + (session == null ? "nobody holds " : "that session has no seat in ") + resource);
                return Exit.NOTHING;
            }
            if (seat.get().foreign() && !now) {
                throw new IllegalArgumentException(
                        "no client put the entry " + Text.printable(seat.get().entry()) + " of " + resource
                                + ", so it has no session to end; --now deletes the entry");
            }
            if (!yes && !confirmed(operator, seat.get())) {
                System.err.println("sereno: nothing was changed");
                return Exit.NOTHING;
            }
            long from = System.nanoTime();
            Release release = now ? operator.endNow(seat.get(), reason) : operator.end(seat.get(), reason);
            return report(release, Duration.ofNanos(System.nanoTime() - from));
        }
    }

    private void checkReason() {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("--reason is blank; say why, for the audit");
        }
        Names.check("--reason", reason, Operator.MAX_REASON_BYTES);
    }

    private Optional<Seat> choose(QueueView queue) {
        String wanted = session;
        List<Seat> seats = wanted == null
                ? queue.holders()
                : queue.seats().stream()
                        .filter(seat -> seat.session().equals(wanted))
                        .toList();
        if (wanted == null && seats.size() > 1) {
            throw new IllegalArgumentException(
                    "there are " + seats.size() + " holders; --session ID is accepted, with one of "
                            + seats.stream().map(Seat::session).toList());
        }
        return seats.stream().findFirst();
    }

    private boolean confirmed(Operator operator, Seat seat) throws IOException {
        String what = seat.foreign()
                ? "Deletes the entry " + seat.entry() + ", which no client put."
                : now
                        ? "Deletes the seat of " + seat.nodeId()
                                + ". It may go on for a while: two may rely on the right at once."
                        : "Ends session " + seat.session() + " of " + seat.nodeId() + ": " + holdings(operator, seat)
                                + ".";
        System.err.print(Text.printable(what) + " Continue? [y/N] ");
        BufferedReader answers = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String answer = answers.readLine();
        return answer != null && (answer.equalsIgnoreCase("y") || answer.equalsIgnoreCase("yes"));
    }

    private static String holdings(Operator operator, Seat seat) {
        return operator.sessions().stream()
                .filter(session -> session.id().equals(seat.session()))
                .flatMap(session -> session.holdings().stream())
                .map(ReleaseCommand::describe)
                .collect(Collectors.joining(", "));
    }

    private static String describe(SessionView.Holding holding) {
        return holding.role() + " " + holding.resource();
    }

    private static int report(Release release, Duration took) {
        String seconds = String.format(java.util.Locale.ROOT, "%.1f s", took.toMillis() / 1_000.0);
        switch (release.result()) {
            case RELEASED -> System.out.println("released after " + seconds + "; audit " + release.audit());
            case GONE -> System.out.println("it was free already; audit " + release.audit());
            case CHANGED ->
                System.out.println("another client has it by now, and nothing was changed; audit " + release.audit());
            case PENDING ->
                System.out.println("the session has ended, and the seat is still there after " + seconds + "; audit "
                        + release.audit());
        }
        if (!release.unaudited().isEmpty()) {
            System.err.println("sereno: the audit is incomplete: " + Text.printable(release.unaudited()));
        }
        return switch (release.result()) {
            case RELEASED, GONE -> Exit.OK;
            case CHANGED -> Exit.NOTHING;
            case PENDING -> Exit.NOT_IN_TIME;
        };
    }
}
