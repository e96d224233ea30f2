package io.sereno.recipes.membership;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive.State;
import io.sereno.Member;
import io.sereno.Membership.IfPresent;
import io.sereno.properties.Attendance;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.MixedReads;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Session;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real membership in thousands of schedules. Each of three nodes listens, joins under an id of its own, changes the metadata, and joins again;
 * all of them want one more id in turn.
 */
class ExploredMembershipTest {
    private static final String DIRECTORY = "member/g";
    private static final String SHARED = "shared";

    @Test
    void theMembershipKeepsItsPromises() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, IfPresent.WAIT), 3_500, Fault.survivable());
    }

    @Test
    void theMembershipKeepsItsPromisesWhileOneTakesOverFromTheOther() {
        Explorations.holds(explorer(LyingBackend.Lie.NONE, IfPresent.TAKE_OVER).seed(2), 1_000, Set.of());
    }

    @Test
    void theMembershipSurvivesNodesThatCrash() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, IfPresent.WAIT).seed(3).faults(5, faults), 500, Set.of(Fault.CRASH));
    }

    /** If leases end without their owners' knowledge, a member that reports LISTED may be wrong for a while; all the rest holds. */
    @ParameterizedTest
    @EnumSource(names = {"WAIT", "TAKE_OVER"})
    void theMembershipKeepsItsPromisesWithRemovalsByOperatorsAndShortLeases(IfPresent ifPresent) {
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, ifPresent, true).seed(4).faults(8, Fault.withoutLossOfWrites()),
                500,
                Fault.withoutLossOfWrites());
    }

    /** Then only two things are required: every call ends, and all clients agree in the end. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void noCallHangsWhereTheStoreGoesBack(Fault loss) {
        Explorations.holdsWhereTheStoreGoesBack(explorer(LyingBackend.Lie.NONE, IfPresent.WAIT, true, true), 600, loss);
    }

    @ParameterizedTest
    @EnumSource(names = {"EVERY_RENEWAL_COUNTS", "UNKNOWN_MEANS_NOT_APPLIED"})
    void aPlantedBugIsFoundWithinAThousandSchedules(LyingBackend.Lie lie) {
        Explorations.finds(explorer(lie, IfPresent.TAKE_OVER).faults(6, Fault.survivable()), 1_000);
    }

    private static Explorer explorer(LyingBackend.Lie lie, IfPresent ifPresent) {
        return explorer(lie, ifPresent, false);
    }

    private static Explorer explorer(LyingBackend.Lie lie, IfPresent ifPresent, boolean rough) {
        return explorer(lie, ifPresent, rough, false);
    }

    private static Explorer explorer(LyingBackend.Lie lie, IfPresent ifPresent, boolean rough, boolean losing) {
        String name = "membership, " + (rough ? "removed by hand" : lie) + ", " + ifPresent;
        return new Explorer(name, world -> {
            List<Node> nodes = new ArrayList<>();
            for (SimulatedClient process : world.clients()) {
                Backend backend = new MixedReads(
                        new LyingBackend(process.backend(), lie), world.random().split());
                Client client = Processes.client(process, backend);
                Node node = new Node(world, process, client, ifPresent);
                nodes.add(node);
                process.step("connect", client::open);
                process.step("start", node::start);
                Processes.alwaysRight(world, node.reported::wrong);
                process.eventually("has done all that it wanted", () -> node.hasBeenListed && node.sharedLeft == 0);
            }
            Map<String, Integer> described = new HashMap<>();
            Map<Long, MemberCard> cards = new HashMap<>();
            world.always(
                    "members that report LISTED are listed, descriptions do not go back, and nothing is left behind",
                    () -> {
                        List<Entry> entries = Processes.queue(world, DIRECTORY);
                        return losing
                                || ((rough || believersAreListed(entries, nodes))
                                        && descriptionsRise(entries, nodes, cards, described)
                                        && nothingIsLeftBehind(entries, nodes, cards));
                    });
            if (losing) {
                world.note(() -> "the store goes back");
            } else if (rough) {
                Processes.operatorRemoves(world, DIRECTORY, entry -> true);
                Processes.operatorRemoves(world, DIRECTORY, entry -> true);
            } else if (ifPresent == IfPresent.TAKE_OVER) {
                nodes.get(0)
                        .process
                        .stepAfter(
                                Duration.ofSeconds(2),
                                "an operator removes it",
                                () -> nodes.get(0).removedByOthers());
            }
            world.eventually("all see the present members, and no others", () -> agree(world, nodes));
        });
    }

    /** But a member that others removed learns of it a little later. */
    private static boolean believersAreListed(List<Entry> entries, List<Node> nodes) {
        Map<String, Long> listed = new HashMap<>();
        entries.forEach(entry -> listed.put(entry.name(), entry.createRevision()));
        for (Node node : nodes) {
            for (ListedMember member : node.members) {
                boolean believes = !node.process.hasCrashed()
                        && !node.isExcused(member)
                        && (member.state() == State.LISTED || member.state() == State.SUSPENDED);
                if (believes && !Objects.equals(listed.get(Listing.entryName(member.id())), member.incarnation())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean descriptionsRise(
            List<Entry> entries, List<Node> nodes, Map<Long, MemberCard> cards, Map<String, Integer> described) {
        for (Entry entry : entries) {
            for (Node node : nodes) {
                if (entry.name().equals(Listing.entryName(node.id)) && !node.rejoined && !node.joinedAgain) {
                    int version = version(card(entry, cards).card().metadata());
                    if (version < described.getOrDefault(node.id, 0)) {
                        return false;
                    }
                    described.put(node.id, version);
                }
            }
        }
        return true;
    }

    /** Under a live session, no entry is listed that its owner takes for gone, or for never put. */
    private static boolean nothingIsLeftBehind(List<Entry> entries, List<Node> nodes, Map<Long, MemberCard> cards) {
        for (Entry entry : entries) {
            String attempt = card(entry, cards).attempt();
            for (Node node : nodes) {
                Session session = node.client.sessions().current();
                if (session != null
                        && attempt.startsWith(session.id() + "-")
                        && node.members.stream()
                                .filter(member -> !node.gone.contains(member))
                                .noneMatch(member -> entry.name().equals(Listing.entryName(member.id())))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static MemberCard card(Entry entry, Map<Long, MemberCard> cards) {
        return cards.computeIfAbsent(entry.modRevision(), revision -> MemberCard.decode(entry.value()));
    }

    private static int version(Map<String, String> metadata) {
        return Integer.parseInt(metadata.getOrDefault("version", "0"));
    }

    private static boolean agree(World world, List<Node> nodes) {
        Map<String, Member> there = new HashMap<>();
        for (Node node : nodes) {
            if (!node.process.hasCrashed()) {
                ListedMember own = node.own;
                if (own == null || own.state() != State.LISTED || node.shared != null) {
                    return false;
                }
                there.put(node.id, new Member(node.id, own.incarnation(), own.metadata()));
            }
        }
        Map<String, Member> stored = new HashMap<>();
        MemberNews.members(Processes.queue(world, DIRECTORY), true)
                .list()
                .forEach(member -> stored.put(member.id(), member));
        return stored.equals(there)
                && nodes.stream()
                        .allMatch(node -> node.process.hasCrashed()
                                || node.reported.present().equals(there));
    }

    /** Joins under its own id, describes itself twice, by chance closes and joins again; and has the shared id once. */
    private static final class Node {
        private final World world;
        private final SimulatedClient process;
        private final Client client;
        private final Scope scope;
        private final IfPresent ifPresent;
        private final String id;
        private final List<ListedMember> members = new ArrayList<>();
        private final Set<ListedMember> gone = new HashSet<>();
        private final Attendance reported = new Attendance();
        private @Nullable ListedMember own;
        private @Nullable ListedMember shared;
        private boolean rejoined;
        /** A join of its own id failed, and may be listed late, before it is withdrawn. */
        private boolean joinedAgain;

        private boolean removed;
        private boolean hasBeenListed;
        private int sharedLeft = 1;

        Node(World world, SimulatedClient process, Client client, IfPresent ifPresent) {
            this.world = world;
            this.process = process;
            this.client = client;
            this.scope = new Scope(client, MembershipRecipe.RECIPE, "g", DIRECTORY);
            this.ifPresent = ifPresent;
            this.id = "of-" + process.name();
        }

        boolean isExcused(ListedMember member) {
            return ifPresent == IfPresent.TAKE_OVER && (removed || member.id().equals(SHARED));
        }

        void removedByOthers() {
            removed = true;
            var unused = world.observer()
                    .commit(Commit.to(DIRECTORY).delete(Listing.entryName(id)).build());
        }

        void start() {
            MemberNews.subscribe(scope, reported);
            join(id, IfPresent.WAIT, this::joinedOwn);
            soon("join shared", this::joinShared);
        }

        private void soon(String what, Runnable action) {
            int longest = world.random().nextInt(4) == 0 ? 9_000 : 1_500;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), what, action);
        }

        private void join(String wanted, IfPresent how, Consumer<ListedMember> then) {
            ListedMember member = new ListedMember(
                    scope,
                    wanted,
                    Duration.ofSeconds(wanted.equals(SHARED) && world.random().nextInt(3) == 0 ? 6 : 10),
                    Map.of("version", "1"),
                    how);
            members.add(member);
            var unused = member.join().whenComplete((done, refused) -> {
                if (refused == null) {
                    then.accept(member);
                } else {
                    if (refused instanceof DuplicateMemberException) {
                        gone.add(member);
                    }
                    joinedAgain |= wanted.equals(id);
                    process.stepAfter(Duration.ofSeconds(1), "join again", () -> join(wanted, how, then));
                }
            });
        }

        private void joinedOwn(ListedMember member) {
            own = member;
            for (int version = 2; version <= 3; version++) {
                Map<String, String> next = Map.of("version", Integer.toString(version));
                process.stepAfter(Duration.ofMillis(300L * version), "describe", () -> describe(member, next));
            }
            if (!rejoined && world.random().nextInt(3) == 0) {
                soon("close and join", () -> {
                    own = null;
                    rejoined = true;
                    CompletableFuture<Void> left = leave(member);
                    if (world.random().nextInt(2) == 0) {
                        join(id, IfPresent.WAIT, this::joinedOwn);
                    } else {
                        var unused = left.thenRun(() -> join(id, IfPresent.WAIT, this::joinedOwn));
                    }
                });
            }
            hasBeenListed = true;
        }

        private void describe(ListedMember member, Map<String, String> next) {
            if (member.state() != State.CLOSED) {
                member.update(next);
            }
        }

        private void joinShared() {
            join(SHARED, ifPresent, member -> {
                shared = member;
                soon("leave shared", () -> {
                    shared = null;
                    sharedLeft--;
                    var unused = leave(member);
                });
            });
        }

        private CompletableFuture<Void> leave(ListedMember member) {
            return member.leave().thenRun(() -> gone.add(member));
        }
    }
}
