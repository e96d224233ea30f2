package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Sereno;
import io.sereno.operator.GroupView;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Release;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.operator.TopicView;
import io.sereno.operator.WaitForGraph;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Operators who see what is not there, or take away what they should not. */
final class OperatorMutants {
    private static final String AUDIT = "@sereno-operator/topic/audit";

    private OperatorMutants() {}

    static void addTo(Mutants all) {
        interventions(all);
        views(all);
    }

    private static void interventions(Mutants all) {
        all.recipe("OPR-1", "end deletes the seat, whoever relies on it")
                .objects(
                        Operator.class,
                        operator -> changed(
                                Operator.class,
                                operator,
                                (method, call) -> method.equals("end")
                                        ? operator.endNow(call.given(0, Seat.class), call.given(1, String.class))
                                        : call.go()));
        all.recipe("OPR-2", "whoever is first is taken away")
                .objects(
                        Operator.class,
                        operator -> seats(
                                operator,
                                seat -> operator.queue(seat.resource())
                                        .map(queue -> queue.seats().get(0))
                                        .orElse(seat)));
        all.recipe("OPR-3", "endNow deletes whatever has the name")
                .in((world, store, settings) -> changed(
                        Sereno.class,
                        settings.apply(Sereno.builder().backend(store)).connect(),
                        (method, call) -> {
                            Object result = call.go();
                            return result instanceof Operator operator ? deleting(store, operator) : result;
                        }));
        all.backend("OPR-4", "an audit that fails is no reason to wait")
                .afterFailures((below, commit, lost) ->
                        commit.directory().equals(AUDIT) ? completedFuture(Commits.done()) : failedFuture(lost));
        all.backend("OPR-4", "only intents are recorded")
                .commits((world, below, commit) -> records(commit, "step act") || records(commit, "step outcome")
                        ? completedFuture(Commits.done())
                        : below.commit(commit));
        all.recipe("OPR-8", "end does not wait for the seat")
                .in((world, store, settings) -> changed(
                        Sereno.class,
                        settings.apply(Sereno.builder().backend(store)).connect(),
                        (method, call) -> {
                            Object result = call.go();
                            return result instanceof Operator operator ? hasty(store, operator) : result;
                        }));
    }

    private static Operator deleting(Backend store, Operator operator) {
        return changed(Operator.class, operator, (method, call) -> {
            if (method.equals("endNow")) {
                Seat seat = call.given(0, Seat.class);
                var unused = store.commit(Commit.to(directory(seat.resource()))
                                .ifCreateRevision(seat.entry(), seat.createRevision())
                                .delete(seat.entry())
                                .build())
                        .toCompletableFuture()
                        .get();
            }
            return call.go();
        });
    }

    private static Operator hasty(Backend store, Operator operator) {
        return changed(Operator.class, operator, (method, call) -> {
            if (!method.equals("end")) {
                return call.go();
            }
            var unused = store.commit(Commit.to("session")
                            .delete(call.given(0, Seat.class).session())
                            .build())
                    .toCompletableFuture()
                    .get();
            return new Release(Release.Result.RELEASED, 1, "");
        });
    }

    private static String directory(Resource resource) {
        return resource.kind().word() + "/" + resource.name();
    }

    private static Operator seats(Operator operator, UnaryOperator<Seat> other) {
        return changed(Operator.class, operator, (method, call) -> switch (method) {
            case "end" -> operator.end(other.apply(call.given(0, Seat.class)), call.given(1, String.class));
            case "endNow" -> operator.endNow(other.apply(call.given(0, Seat.class)), call.given(1, String.class));
            default -> call.go();
        });
    }

    private static boolean records(Commit commit, String step) {
        return commit.directory().equals(AUDIT)
                && commit.writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.value().toUtf8().contains(step));
    }

    private static void views(Mutants all) {
        answers(all, "OPR-5", "the last in the queue is shown first", OperatorMutants::reversed);
        answers(all, "OPR-5", "only the first in a queue holds", OperatorMutants::firstHolds);
        answers(all, "OPR-5", "each seat has one permit", OperatorMutants::light);
        answers(
                all,
                "OPR-6",
                "sessions are those that have a marker",
                answer -> sessions(
                        answer, session -> session.markerRevision() > 0 ? Optional.of(session) : Optional.empty()));
        answers(
                all,
                "OPR-6",
                "what a session has in child namespaces is left out",
                answer -> sessions(
                        answer,
                        session -> Optional.of(with(
                                session,
                                session.holdings().stream()
                                        .filter(holding ->
                                                holding.resource().namespace().isEmpty())
                                        .toList()))));
        answers(
                all,
                "OPR-7",
                "waits in different queues are not joined",
                answer -> answer instanceof WaitForGraph graph ? new WaitForGraph(graph.edges(), List.of()) : answer);
        answers(all, "OPR-7", "waits for permits are not joined", OperatorMutants::withoutPermits);
        answers(all, "OPR-9", "the message that is being handled counts twice", OperatorMutants::oneMore);
        answers(all, "OPR-10", "each member is shown with the client of the first", OperatorMutants::ofTheFirst);
    }

    private static void answers(Mutants all, String rule, String name, UnaryOperator<Object> change) {
        all.recipe(rule, name).calls(Operator.class, (method, call) -> {
            Object answer = call.go();
            return answer == null ? null : change.apply(answer);
        });
    }

    private static Object queues(Object answer, UnaryOperator<QueueView> change) {
        if (answer instanceof Optional<?> found && found.isPresent() && found.get() instanceof QueueView queue) {
            return Optional.of(change.apply(queue));
        }
        return answer;
    }

    private static Object reversed(Object answer) {
        return queues(answer, queue -> {
            List<Seat> seats = new ArrayList<>(queue.seats());
            Collections.reverse(seats);
            return new QueueView(queue.resource(), seats, queue.limit());
        });
    }

    private static Object firstHolds(Object answer) {
        return queues(
                answer,
                queue ->
                        each(queue, seat -> with(seat, seat.equals(queue.seats().get(0)), seat.weight())));
    }

    private static Object light(Object answer) {
        return queues(answer, queue -> each(queue, seat -> with(seat, seat.holds(), 1)));
    }

    private static QueueView each(QueueView queue, UnaryOperator<Seat> change) {
        return new QueueView(
                queue.resource(), queue.seats().stream().map(change).toList(), queue.limit());
    }

    private static Seat with(Seat seat, boolean holds, int weight) {
        return new Seat(
                seat.resource(),
                seat.entry(),
                seat.createRevision(),
                seat.session(),
                seat.sessionRevision(),
                seat.nodeId(),
                seat.host(),
                seat.since(),
                holds,
                seat.shared(),
                weight,
                seat.firstToken(),
                seat.foreign());
    }

    private static Object withoutPermits(Object answer) {
        return answer instanceof WaitForGraph graph
                ? new WaitForGraph(
                        graph.edges(),
                        graph.suspected().stream()
                                .filter(circle -> circle.stream()
                                        .noneMatch(
                                                edge -> edge.ahead().resource().kind() == Kind.PERMIT_POOL))
                                .toList())
                : answer;
    }

    private interface Selection {
        Optional<SessionView> of(SessionView session);
    }

    private static Object sessions(Object answer, Selection selection) {
        if (answer instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof SessionView) {
            return list.stream()
                    .flatMap(session -> selection.of((SessionView) session).stream())
                    .toList();
        }
        return answer;
    }

    private static SessionView with(SessionView session, List<SessionView.Holding> holdings) {
        return new SessionView(
                session.id(),
                session.markerRevision(),
                session.nodeId(),
                session.host(),
                session.pid(),
                session.ttl(),
                session.version(),
                session.since(),
                holdings);
    }

    private static Object ofTheFirst(Object answer) {
        if (answer instanceof Optional<?> found && found.isPresent() && found.get() instanceof GroupView group) {
            GroupView.Listed first = group.members().get(0);
            List<GroupView.Listed> members = group.members().stream()
                    .map(each -> new GroupView.Listed(
                            each.id(),
                            each.incarnation(),
                            each.metadata(),
                            first.session(),
                            first.sessionRevision(),
                            first.nodeId(),
                            first.host(),
                            each.ttl(),
                            each.since()))
                    .toList();
            return Optional.of(new GroupView(group.resource(), members));
        }
        return answer;
    }

    private static Object oneMore(Object answer) {
        if (answer instanceof Optional<?> found && found.isPresent() && found.get() instanceof TopicView topic) {
            List<TopicView.Reader> readers = topic.readers().stream()
                    .map(reader ->
                            new TopicView.Reader(reader.name(), reader.next(), reader.lag() + 1, reader.active()))
                    .toList();
            return Optional.of(new TopicView(topic.resource(), topic.low(), topic.next(), readers));
        }
        return answer;
    }
}
