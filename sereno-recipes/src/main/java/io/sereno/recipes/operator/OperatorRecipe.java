package io.sereno.recipes.operator;

import io.sereno.Member;
import io.sereno.operator.AuditEntry;
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
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.View;
import io.sereno.recipes.membership.MemberCard;
import io.sereno.recipes.membership.MemberNews;
import io.sereno.recipes.topic.TopicHeader;
import io.sereno.recipes.topic.TopicRecipe;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** The operator as its users call it. Holds nothing itself. */
public final class OperatorRecipe implements Operator {
    private static final int MOST_AUDIT = 10_000;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final Client client;
    private final Directories directories;
    private final Namespace namespace;
    private final Audit audit;

    public OperatorRecipe(Client client, Directories directories) {
        this.client = client;
        this.directories = directories;
        this.namespace = new Namespace(client, directories.prefix());
        this.audit = new Audit(client);
    }

    @Override
    public Stream<Resource> resources(Kind... kinds) {
        return resources("resources", kinds);
    }

    private Stream<Resource> resources(String operation, Kind... kinds) {
        Set<Kind> wanted = kinds.length == 0 ? EnumSet.allOf(Kind.class) : EnumSet.copyOf(Arrays.asList(kinds));
        return namespace.resources(operation).filter(resource -> wanted.contains(resource.kind()));
    }

    @Override
    public List<QueueView> queues(Kind... kinds) {
        Arrays.stream(kinds).forEach(OperatorRecipe::requireQueue);
        List<Lineup> lineups = lineups("queues", kinds);
        Markers markers = markers("queues");
        return lineups.stream().map(lineup -> lineup.view(markers)).toList();
    }

    /** Read after the entries of sessions: a session puts its marker before all else, so no session that has just begun seems to have ended. */
    private Markers markers(String operation) {
        return Markers.all(client, namespace, operation, namespace.sessionDirectories(operation));
    }

    private List<Lineup> lineups(String operation, Kind... kinds) {
        List<Lineup> lineups = new ArrayList<>();
        Stream<Resource> queues =
                resources(operation, kinds).filter(resource -> resource.kind().isQueue());
        namespace.readAll(operation, queues, (resource, read) -> {
            Lineup lineup = Lineup.in(resource, read);
            if (!lineup.isEmpty()) {
                lineups.add(lineup);
            }
        });
        return lineups;
    }

    private static void requireQueue(Kind kind) {
        if (!kind.isQueue()) {
            throw new IllegalArgumentException("no client queues for a " + kind + "; accepted are "
                    + Arrays.stream(Kind.values()).filter(Kind::isQueue).toList());
        }
    }

    @Override
    public Optional<QueueView> queue(Resource resource) {
        requireQueue(resource.kind());
        return readQueue("queue", resource);
    }

    private Optional<QueueView> readQueue(String operation, Resource resource) {
        Lineup lineup = Lineup.in(resource, namespace.scope(resource).readAll(operation));
        if (lineup.isEmpty()) {
            return Optional.empty();
        }
        Stream<String> sessions = lineup.entries().stream().map(place -> Place.sessionOf(place.name()));
        Markers markers = Markers.of(client, operation, namespace.directory(resource), sessions);
        return Optional.of(lineup.view(markers));
    }

    @Override
    public Optional<GroupView> group(Resource resource) {
        if (resource.kind() != Kind.GROUP) {
            throw new IllegalArgumentException(resource + " is no group; the kind GROUP is accepted");
        }
        Scope scope = namespace.scope(resource);
        Map<Member, Entry> members = MemberNews.entries(View.live(scope.readAll("group")));
        if (members.isEmpty()) {
            return Optional.empty();
        }
        Stream<String> sessions = members.values().stream()
                .map(entry -> session(MemberCard.decode(entry.value())))
                .filter(session -> !session.isEmpty());
        Markers markers = Markers.of(client, "group", namespace.directory(resource), sessions);
        List<GroupView.Listed> listed = new ArrayList<>();
        members.forEach((member, entry) -> listed.add(listed(member, entry, markers)));
        return Optional.of(new GroupView(resource, listed));
    }

    /** Attempts to list a member are named like places; others are not of a client of ours. */
    private static String session(MemberCard card) {
        return Place.isPlace(card.attempt()) ? Place.sessionOf(card.attempt()) : "";
    }

    private static GroupView.Listed listed(Member member, Entry entry, Markers markers) {
        MemberCard shown = MemberCard.decode(entry.value());
        Marker marker = markers.of(entry.leaseId());
        return new GroupView.Listed(
                member.id(),
                member.incarnation(),
                member.metadata(),
                session(shown),
                marker == null ? 0 : marker.revision(),
                shown.card().nodeId(),
                marker == null ? "" : marker.host(),
                shown.ttl(),
                shown.card().since());
    }

    @Override
    public Optional<TopicView> topic(Resource resource) {
        if (resource.kind() != Kind.TOPIC) {
            throw new IllegalArgumentException(resource + " is no topic; the kind TOPIC is accepted");
        }
        Scope scope = namespace.scope(resource);
        Snapshot found = scope.read("topic", new Query.One(scope.directory(), TopicHeader.NAME));
        Entry entry = View.first(found);
        if (entry == null) {
            return Optional.empty();
        }
        TopicHeader header = TopicHeader.of(entry);
        List<TopicView.Reader> readers = new ArrayList<>();
        for (Entry position : namespace.readEntries("topic", scope, TopicRecipe.POSITION)) {
            readers.add(reader(resource, header, position));
        }
        return Optional.of(new TopicView(resource, header.low(), header.next(), readers));
    }

    private TopicView.Reader reader(Resource topic, TopicHeader header, Entry position) {
        String name = position.name().substring(TopicRecipe.POSITION.length());
        // A position in a stream that was deleted says nothing about this one.
        boolean isOfStream = TopicHeader.number(position.value(), "stream") == header.stream();
        long next = isOfStream ? TopicHeader.number(position.value(), "next") : header.low();
        long lag = Math.max(0, header.next() - Math.max(next, header.low()));
        Resource queue = new Resource(Kind.READER, topic.namespace(), Directories.pair(name, topic.name()));
        Optional<Seat> active =
                readQueue("topic", queue).map(view -> view.seats().get(0));
        return new TopicView.Reader(name, next, lag, active);
    }

    @Override
    public List<SessionView> sessions() {
        Census census = new Census(namespace);
        census.count(resources("sessions"));
        return census.sessions(markers("sessions"));
    }

    @Override
    public WaitForGraph waitFor(Duration between) throws InterruptedException {
        Objects.requireNonNull(between, "between is null");
        if (between.isNegative() || between.compareTo(LONGEST_PAUSE) > 0) {
            throw new IllegalArgumentException("the pause is " + between + "; zero to a minute is accepted");
        }
        namespace.scope().requireNotInterrupted("waitFor");
        List<Lineup> first = lineups("waitFor");
        TimedWait<Boolean> pause = new TimedWait<>(client.kernel(), Runnable::run);
        pause.limit(between, () -> pause.complete(true));
        Await.interruptibly(pause.result());
        List<Lineup> second = lineups("waitFor");
        return Waits.between(first, second, markers("waitFor"));
    }

    @Override
    public Release end(Seat seat, String reason) throws InterruptedException {
        check(seat, reason);
        if (seat.foreign()) {
            throw new IllegalArgumentException("no client put the seat " + Names.printable(seat.entry()) + " of "
                    + seat.resource() + ", so it has no session that could be ended; endNow deletes the seat");
        }
        namespace.scope(seat.resource()).requireNotInterrupted(Intervention.Action.END.word());
        return Await.interruptibly(begin(Intervention.Action.END, seat, reason));
    }

    @Override
    public Release endNow(Seat seat, String reason) {
        check(seat, reason);
        return Await.uninterruptibly(begin(Intervention.Action.END_NOW, seat, reason));
    }

    private static void check(Seat seat, String reason) {
        Objects.requireNonNull(seat, "seat is null");
        Objects.requireNonNull(reason, "reason is null");
        requireQueue(seat.resource().kind());
        if (!Place.isPlace(seat.entry())) {
            throw new IllegalArgumentException("entry '" + Names.printable(seat.entry()) + "' of " + seat.resource()
                    + " is no seat: a seat is named by the id of a session, '-', and a number");
        }
        boolean isOfSession = seat.foreign() || seat.session().equals(Place.sessionOf(seat.entry()));
        if (!isOfSession) {
            throw new IllegalArgumentException("seat " + seat.entry() + " does not belong to session '"
                    + Names.printable(seat.session()) + "'; a seat as queue(...) returns it is accepted");
        }
        Names.check("reason", reason, MAX_REASON_BYTES);
        if (reason.isBlank()) {
            throw new IllegalArgumentException("the reason is blank; say why, for the audit");
        }
    }

    /** Does not wait. */
    public CompletableFuture<Release> begin(Intervention.Action action, Seat seat, String reason) {
        Scope scope = namespace.scope(seat.resource());
        scope.requireOpen(action.word());
        return new Intervention(scope, audit.topic(), action, seat, reason).start();
    }

    @Override
    public List<AuditEntry> audit(int most) throws InterruptedException {
        if (most < 1 || most > MOST_AUDIT) {
            throw new IllegalArgumentException(
                    "the number of entries is " + most + "; 1 to " + MOST_AUDIT + " are accepted");
        }
        return audit.latest(most);
    }

    @Override
    public String toString() {
        return "operator of " + client.kernel().backend()
                + (directories.prefix().isEmpty() ? "" : ", namespace " + Names.printable(directories.prefix()));
    }
}
