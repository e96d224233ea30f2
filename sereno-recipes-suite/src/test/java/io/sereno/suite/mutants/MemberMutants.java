package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.KeepAlive;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Lease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
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

    static List<Mutant> all() {
        return Stream.of(joining(), leaving(), relisting(), JoinMutants.all())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> joining() {
        return List.of(
                backend(
                        "MEM-1",
                        "a member puts its entry without a condition",
                        below -> Commits.saying(below, MemberMutants::overSomebody)),
                members(
                        "MEM-1",
                        "a join takes over an id that is in use",
                        right -> new Joining(
                                right,
                                (group, id, ttl, metadata, ifPresent) ->
                                        group.join(id, ttl, metadata, Membership.IfPresent.TAKE_OVER))),
                recipe(
                        "MEM-2",
                        "a look shows the result of the look before",
                        Membership.class,
                        () -> new AtomicReference<@Nullable Members>(),
                        (former, right) -> looking(right, now -> {
                            Members before = former.getAndSet(now);
                            return before == null ? now : before;
                        })),
                members(
                        "MEM-2",
                        "a look ends after ten members",
                        right -> looking(
                                right,
                                all -> new Members(all.list().stream().limit(10).toList(), all.current()))),
                backend("MEM-2", "a member's lease is not renewed", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Lease> grantLease(Duration ttl) {
                        return super.grantLease(ttl).thenApply(lease -> new OfLease(lease) {
                            @Override
                            public CompletionStage<Boolean> renew() {
                                return completedFuture(true);
                            }
                        });
                    }
                }));
    }

    private static List<Mutant> leaving() {
        return List.of(
                backend("MEM-3", "close() leaves the entry to the end of its lease", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return isOfMember(commit) && Commits.deletes(commit, ENTRY)
                                ? completedFuture(Commits.done())
                                : super.commit(commit);
                    }
                }),
                backend("MEM-3", "a client that closes leaves its leases to themselves", MemberMutants::keepingLeases),
                backend(
                        "MEM-3",
                        "the entry of a member is bound to no lease",
                        below -> Commits.saying(
                                below, commit -> isOfMember(commit) ? Commits.leaseless(commit) : commit)),
                backend(
                        "MEM-4",
                        "an attempt has no mark that can cancel it",
                        below -> Commits.saying(
                                below, commit -> lists(commit) ? Commits.without(commit, isAbsent(MARK)) : commit)),
                backend(
                        "MEM-4",
                        "a late attempt replaces the present member",
                        below -> Commits.saying(below, MemberMutants::overSomebody)),
                backend(
                        "MEM-4",
                        "after an unknown outcome any member is taken for the own one",
                        StrangeMembers.Mistaken::new));
    }

    private static List<Mutant> relisting() {
        return List.of(
                backend("MEM-5a", "a member is listed once, and not again when it was lost", below -> {
                    Set<String> listed = ConcurrentHashMap.newKeySet();
                    return new Wrapper(below) {
                        @Override
                        public CompletionStage<CommitResult> commit(Commit commit) {
                            if (lists(commit) && listed.contains(entry(commit))) {
                                return failedFuture(new BackendException(
                                        BackendException.Outcome.NOT_APPLIED, false, "was listed before", null));
                            }
                            return super.commit(commit).thenApply(result -> {
                                if (lists(commit) && result instanceof CommitResult.Committed) {
                                    listed.add(entry(commit));
                                }
                                return result;
                            });
                        }
                    };
                }),
                members(
                        "MEM-5a",
                        "a handle keeps its first incarnation",
                        right -> new Joining(right, (group, id, ttl, metadata, ifPresent) -> {
                            KeepAlive member = group.join(id, ttl, metadata, ifPresent);
                            Long first = member.incarnation();
                            return changed(
                                    KeepAlive.class,
                                    member,
                                    (method, call) -> method.equals("incarnation") ? first : call.go());
                        })),
                backend("MEM-5a", "a member is listed again with its first metadata", below -> {
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
                }),
                backend(
                        "MEM-5b",
                        "a removed member is listed again at once, however often",
                        StrangeMembers.Stubborn::new),
                backend(
                        "MEM-5b",
                        "a member that was removed often is listed again late for ever",
                        StrangeMembers.Resentful::new),
                backend("MEM-6", "an update deletes the entry and creates another", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        if (!describes(commit)) {
                            return super.commit(commit);
                        }
                        Commit delete = Commit.to(commit.directory())
                                .delete(entry(commit))
                                .build();
                        return super.commit(delete).thenCompose(gone -> super.commit(unconditional(commit)));
                    }
                }),
                backend(
                        "MEM-6",
                        "an update has no condition on the former value",
                        below -> Commits.saying(
                                below,
                                commit -> describes(commit)
                                        ? Commits.without(commit, Condition.ModRevision.class::isInstance)
                                        : commit)));
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
        return new Wrapper(below) {
            @Override
            public CompletionStage<Lease> grantLease(Duration ttl) {
                return super.grantLease(ttl).thenApply(lease -> new OfLease(lease) {
                    @Override
                    public CompletionStage<Void> revoke() {
                        return completedFuture(null);
                    }
                });
            }
        };
    }

    static Mutant members(String rule, String what, UnaryOperator<Membership> broken) {
        return recipe(rule, what, Membership.class, broken);
    }

    private static Membership looking(Membership right, UnaryOperator<Members> seen) {
        return new MembershipWrapper(right) {
            @Override
            public Members members() {
                return seen.apply(super.members());
            }
        };
    }

    /** A join with a bug. */
    interface Join {
        KeepAlive in(
                Membership group, String id, Duration ttl, Map<String, String> metadata, Membership.IfPresent ifPresent)
                throws InterruptedException;
    }

    static final class Joining extends MembershipWrapper {
        private final Join join;

        Joining(Membership right, Join join) {
            super(right);
            this.join = join;
        }

        @Override
        public KeepAlive join(String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent)
                throws InterruptedException {
            return join.in(right, id, ttl, metadata, ifPresent);
        }
    }
}
