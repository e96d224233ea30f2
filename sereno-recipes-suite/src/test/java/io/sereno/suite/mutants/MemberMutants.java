package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.KeepAlive;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Memberships with a bug. */
final class MemberMutants {
    static final String ENTRY = "m-";
    static final String MARK = "x-";

    private MemberMutants() {}

    static void addTo(Mutants all) {
        joins(all);
        leaving(all);
        relisting(all);
        JoinMutants.addTo(all);
    }

    private static void joins(Mutants all) {
        all.backend("MEM-1", "a member puts its entry without a condition").requests(MemberMutants::overSomebody);
        all.recipe("MEM-1", "a join takes over an id that is in use")
                .objects(
                        Membership.class,
                        right -> joining(
                                right,
                                (group, id, ttl, metadata, ifPresent) ->
                                        group.join(id, ttl, metadata, Membership.IfPresent.TAKE_OVER)));
        all.recipe("MEM-2", "a look shows the result of the look before")
                .objects(
                        Membership.class,
                        () -> new AtomicReference<@Nullable Members>(),
                        (former, right) -> looking(right, now -> {
                            Members before = former.getAndSet(now);
                            return before == null ? now : before;
                        }));
        all.recipe("MEM-2", "a look ends after ten members")
                .objects(
                        Membership.class,
                        right -> looking(
                                right,
                                seen -> new Members(
                                        seen.list().stream().limit(10).toList(), seen.current())));
        all.backend("MEM-2", "a member's lease is not renewed")
                .grants((world, below, ttl) ->
                        below.grantLease(ttl).thenApply(lease -> Hooks.renewing(lease, () -> completedFuture(true))));
    }

    private static void leaving(Mutants all) {
        all.backend("MEM-3", "close() leaves the entry to the end of its lease")
                .commits((world, below, commit) -> isOfMember(commit) && Commits.deletes(commit, ENTRY)
                        ? completedFuture(Commits.done())
                        : below.commit(commit));
        all.backend("MEM-3", "a client that closes leaves its leases to themselves")
                .with(MemberMutants::keepingLeases);
        all.backend("MEM-3", "the entry of a member is bound to no lease")
                .requests(commit -> isOfMember(commit) ? Commits.leaseless(commit) : commit);
        all.backend("MEM-4", "an attempt has no mark that can cancel it")
                .requests(commit -> lists(commit) ? Commits.without(commit, isAbsent(MARK)) : commit);
        all.backend("MEM-4", "a late attempt replaces the present member").requests(MemberMutants::overSomebody);
        all.backend("MEM-4", "after an unknown outcome any member is taken for the own one")
                .with(StrangeMembers::mistaken);
    }

    private static void relisting(Mutants all) {
        all.backend("MEM-5a", "a member is listed once, and not again when it was lost")
                .with((world, below) -> {
                    Set<String> listed = ConcurrentHashMap.newKeySet();
                    return new Hooks(below).commits(commit -> {
                        if (lists(commit) && listed.contains(entry(commit))) {
                            return failedFuture(Failures.notApplied("was listed before"));
                        }
                        return below.commit(commit).thenApply(result -> {
                            if (lists(commit) && result instanceof CommitResult.Committed) {
                                listed.add(entry(commit));
                            }
                            return result;
                        });
                    });
                });
        all.recipe("MEM-5a", "a handle keeps its first incarnation")
                .objects(
                        Membership.class,
                        right -> joining(right, (group, id, ttl, metadata, ifPresent) -> {
                            KeepAlive member = group.join(id, ttl, metadata, ifPresent);
                            Long first = member.incarnation();
                            return changed(
                                    KeepAlive.class,
                                    member,
                                    (method, call) -> method.equals("incarnation") ? first : call.go());
                        }));
        all.backend("MEM-5a", "a member is listed again with its first metadata")
                .with((world, below) -> {
                    Map<String, String> first = new ConcurrentHashMap<>();
                    return Commits.saying(
                            below,
                            commit -> lists(commit)
                                    ? Commits.valued(
                                            commit,
                                            ENTRY,
                                            card -> metadataOf(
                                                    first.computeIfAbsent(entry(commit), name -> card), card))
                                    : commit);
                });
        all.backend("MEM-5b", "a removed member is listed again at once, however often")
                .with(StrangeMembers::stubborn);
        all.backend("MEM-5b", "a member that was removed often is listed again late for ever")
                .with(StrangeMembers::resentful);
        all.backend("MEM-6", "an update deletes the entry and creates another").commits((world, below, commit) -> {
            if (!describes(commit)) {
                return below.commit(commit);
            }
            Commit delete = Commit.to(commit.directory()).delete(entry(commit)).build();
            return below.commit(delete).thenCompose(gone -> below.commit(unconditional(commit)));
        });
        all.backend("MEM-6", "an update has no condition on the former value")
                .requests(commit ->
                        describes(commit) ? Commits.without(commit, Condition.ModRevision.class::isInstance) : commit);
    }

    // ---- shared

    static boolean isOfMember(Commit commit) {
        return Commits.isTo(commit, "member");
    }

    /** Whether it puts an entry that must be absent. */
    static boolean lists(Commit commit) {
        return isOfMember(commit) && Commits.puts(commit, ENTRY) && Commits.requires(commit, isAbsent(ENTRY));
    }

    private static boolean describes(Commit commit) {
        return isOfMember(commit)
                && Commits.puts(commit, ENTRY)
                && Commits.requires(commit, Condition.ModRevision.class::isInstance);
    }

    /** The name of the single entry that it writes. */
    static String entry(Commit commit) {
        return commit.writes().get(0).name();
    }

    private static Predicate<Condition> isAbsent(String prefix) {
        return condition ->
                condition instanceof Condition.Absent && condition.name().startsWith(prefix);
    }

    private static Commit overSomebody(Commit commit) {
        return lists(commit) ? Commits.without(commit, isAbsent(ENTRY)) : commit;
    }

    private static String metadataOf(String former, String card) {
        return Stream.concat(
                        card.lines().filter(line -> !line.startsWith("meta ")),
                        former.lines().filter(line -> line.startsWith("meta ")))
                .map(line -> line + "\n")
                .reduce("", String::concat);
    }

    static Backend keepingLeases(Backend below) {
        return new Hooks(below)
                .grants(ttl ->
                        below.grantLease(ttl).thenApply(lease -> Hooks.revoking(lease, () -> completedFuture(null))));
    }

    private static Membership looking(Membership right, UnaryOperator<Members> seen) {
        return changed(
                Membership.class,
                right,
                (method, call) -> method.equals("members") ? seen.apply(right.members()) : call.go());
    }

    /** A join with a bug. */
    interface Join {
        KeepAlive in(
                Membership group, String id, Duration ttl, Map<String, String> metadata, Membership.IfPresent ifPresent)
                throws InterruptedException;
    }

    @SuppressWarnings("unchecked") // Metadata are strings.
    static Membership joining(Membership right, Join join) {
        return changed(Membership.class, right, (method, call) -> {
            if (!method.equals("join")) {
                return call.go();
            }
            boolean isShort = call.givenCount() == 2;
            return join.in(
                    right,
                    call.given(0, String.class),
                    call.given(1, Duration.class),
                    isShort ? Map.of() : call.given(2, Map.class),
                    isShort ? Membership.IfPresent.WAIT : call.given(3, Membership.IfPresent.class));
        });
    }
}
