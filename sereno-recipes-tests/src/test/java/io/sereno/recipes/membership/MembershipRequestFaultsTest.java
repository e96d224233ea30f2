package io.sereno.recipes.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive.State;
import io.sereno.Member;
import io.sereno.Membership.IfPresent;
import io.sereno.properties.Attendance;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of a member: every kind of call that it and its session send, times every {@link RequestFault}, times its
 * occurrence; each under notices that are exact, repeated, and lost. The member joins, changes its metadata, leaves and joins again, while
 * another waits for its id.
 */
class MembershipRequestFaultsTest {
    private static final String DIRECTORY = "member/g";
    private static final Set<Kind> SENT = EnumSet.of(
            Kind.GRANT,
            Kind.RENEW,
            Kind.REVOKE,
            Kind.WATCH,
            Kind.READ_ENTRY,
            Kind.MARKER_PUT,
            Kind.MARKER_CHECK,
            Kind.ENQUEUE,
            Kind.CHECK_OF_OWN,
            Kind.DELETE,
            Kind.SETTLE,
            Kind.REWRITE);

    record Cell(Kind kind, RequestFault fault, int occurrence, Notices notices) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(SENT, List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aMemberIsListedAgainWithItsLatestStateAndLeavesNothingUnderAnyFault(Kind kind, RequestFault fault) {
        int struck = 0;
        for (Notices notices : Notices.values()) {
            for (int occurrence = 1; occurrence <= 3; occurrence++) {
                struck += new Run(new Cell(kind, fault, occurrence, notices)).isStruck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Bench bench;
        private final Cell cell;

        Run(Cell cell) {
            this.bench = new Bench(DIRECTORY, cell.notices);
            this.cell = cell;
        }

        boolean isStruck() {
            return bench.isStruckIn(cell, () -> {
                Bench.Node victim = bench.connect("a");
                Bench.Node other = bench.connect("b");
                bench.provoke(cell.kind, victim);
                bench.strike(victim, call -> call.kind == cell.kind, cell.occurrence, cell.fault);
                bench.nodes.forEach(node -> node.client().open());
                Attendance attendance = new Attendance();
                MemberNews.subscribe(scope(other), attendance);
                aDay(victim, other);
                assertThat(attendance.wrong()).isEmpty();
                assertThat(attendance.present()).isEmpty();
                bench.closeAndExpectNothing();
            });
        }

        private void aDay(Bench.Node victim, Bench.Node other) {
            ListedMember first = joined(victim, IfPresent.WAIT, "1");
            pass(Duration.ofSeconds(5));
            describe(first, "2");
            describe(first, "3");
            bench.later(Duration.ofSeconds(1), () -> bench.removeEntries(DIRECTORY, victim));
            pass(Duration.ofSeconds(12));
            describe(first, "4");
            settle();
            expectListed(first, "4");

            long before = first.incarnation();
            var left = first.leave();
            until(left::isDone);
            ListedMember second = joined(victim, IfPresent.WAIT, "5");
            assertThat(second.incarnation()).isGreaterThan(before);
            pass(Duration.ofSeconds(3));
            settle();
            expectListed(second, "5");

            ListedMember thief = joined(other, IfPresent.TAKE_OVER, "6");
            settle();
            expectListed(thief, "6");
            assertThat(second.state()).isEqualTo(State.LOST);
            var unused = thief.leave();
            settle();
            expectListed(second, "5");
            var gone = second.leave();
            settle();
            assertThat(gone).isDone();
            pass(RequestFault.OUTAGE.plus(Bench.TTL));
            assertThat(bench.live()).as("entries at rest").isEmpty();
        }

        /** A join that is refused because the store is away, or by its own dead entry, is retried; a refused join leaves nothing. */
        private ListedMember joined(Bench.Node node, IfPresent how, String version) {
            for (int i = 0; i < 20; i++) {
                ListedMember member = new ListedMember(scope(node), "one", Bench.TTL, Map.of("version", version), how);
                var result = member.join();
                until(result::isDone);
                bench.log(node + " joins: " + result);
                if (!result.isCompletedExceptionally()) {
                    return member;
                }
                boolean duplicate = result.handle((done, why) -> why instanceof DuplicateMemberException)
                        .join();
                assertThat(duplicate && how == IfPresent.TAKE_OVER)
                        .as("no other member joined in between")
                        .isFalse();
                pass(Duration.ofSeconds(1));
            }
            throw new AssertionError(node + " was refused again and again");
        }

        private static Scope scope(Bench.Node node) {
            return new Scope(node.client(), MembershipRecipe.RECIPE, "g", DIRECTORY);
        }

        private void describe(ListedMember member, String version) {
            member.update(Map.of("version", version));
            bench.log("described as " + version);
        }

        private void expectListed(ListedMember member, String version) {
            assertThat(member.state()).isEqualTo(State.LISTED);
            assertThat(MemberNews.members(bench.live(), true).list())
                    .containsExactly(new Member("one", member.incarnation(), Map.of("version", version)));
        }

        private void pass(Duration duration) {
            Duration end = bench.time.elapsed().plus(duration);
            while (bench.step(end)) {
                check();
            }
        }

        /** Beyond all that an outage, a dead watch and a back-off take. */
        private void settle() {
            pass(RequestFault.OUTAGE.plus(Bench.TTL.multipliedBy(cell.notices == Notices.NONE ? 4 : 3)));
        }

        private void until(java.util.function.BooleanSupplier condition) {
            Duration end = bench.time.elapsed().plus(Duration.ofMinutes(2));
            while (!condition.getAsBoolean()) {
                assertThat(bench.step(end)).as("within two minutes").isTrue();
                check();
            }
        }

        /** One id is there once. */
        private void check() {
            List<Entry> live = bench.live();
            assertThat(live).hasSizeLessThan(2);
        }
    }
}
