package io.sereno.recipes.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.recipes.kernel.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which due time is begun after which run, and when, by clocks that agree and clocks that do not. */
class ScheduleTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final Schedule HOURLY = Schedule.every(Duration.ofHours(1));
    private static final Schedule AFTER_AN_HOUR = Schedule.delay(Duration.ofHours(1));

    private static Instant at(String time) {
        return Instant.parse("2026-03-01T" + time + "Z");
    }

    private static LastRun run(Instant due, Instant begun, @Nullable Instant ended) {
        return new LastRun(due, 1, new Place("3kd82jD0aXq-4", 7), "n", begun, Optional.ofNullable(ended), true);
    }

    private static Schedule.Plan plan(Schedule schedule, @Nullable LastRun last, Instant now) {
        return schedule.plan(last, false, NOON, now).orElseThrow();
    }

    @Test
    void theFirstDueTimeFollowsTheBeginning() {
        assertThat(plan(HOURLY, null, NOON)).isEqualTo(new Schedule.Plan(at("13:00:00"), 1, at("13:00:00")));
        assertThat(plan(AFTER_AN_HOUR, null, NOON)).isEqualTo(new Schedule.Plan(NOON, 1, NOON));
    }

    /** The first node waited for it, and died. */
    @Test
    void aFirstDueTimeThatNobodyBeganIsMadeUpFor() {
        assertThat(plan(HOURLY, null, at("13:00:09"))).isEqualTo(new Schedule.Plan(at("13:00:00"), 1, at("13:00:09")));
    }

    @Test
    void aClockThatWasSetBackDoesNotPutTheFirstDueTimeOff() {
        assertThat(plan(HOURLY, null, NOON.minus(Duration.ofDays(9))).due())
                .isEqualTo(at("13:00:00").minus(Duration.ofDays(9)));
    }

    @Test
    void severalThatWereMissedBecomeTheLatest() {
        LastRun last = run(NOON, NOON, NOON);
        assertThat(plan(HOURLY, last, at("12:59:59"))).isEqualTo(new Schedule.Plan(at("13:00:00"), 1, at("13:00:00")));
        assertThat(plan(HOURLY, last, at("17:30:00"))).isEqualTo(new Schedule.Plan(at("17:00:00"), 1, at("17:30:00")));
    }

    @Test
    void aYearThatWasMissedTakesFewCalls() {
        int[] calls = {0};
        Schedule eachSecond = new Schedule(
                after -> {
                    calls[0]++;
                    return Optional.of(Instant.ofEpochSecond(after.getEpochSecond() + 1));
                },
                false);
        Instant now = NOON.plus(Duration.ofDays(365));
        assertThat(plan(eachSecond, run(NOON, NOON, NOON), now).due()).isEqualTo(now);
        assertThat(calls[0]).isLessThan(20);
    }

    @Test
    void aDelayCountsFromTheEnd() {
        LastRun last = run(NOON, at("12:00:01"), at("12:20:00"));
        assertThat(plan(AFTER_AN_HOUR, last, at("12:30:00")).due()).isEqualTo(at("13:20:00"));
        LastRun lost = run(NOON, at("12:00:01"), null);
        assertThat(plan(AFTER_AN_HOUR, lost, at("12:30:00")).due()).isEqualTo(at("13:00:01"));
        // By a clock that was set back meanwhile.
        LastRun backwards = run(NOON, NOON, at("09:00:00"));
        assertThat(plan(AFTER_AN_HOUR, backwards, at("12:30:00")).due()).isEqualTo(at("13:00:00"));
    }

    @Test
    void aLostRunIsBegunAgainOnlyIfThatIsWanted() {
        LastRun lost = run(NOON, NOON, null);
        assertThat(HOURLY.plan(lost, true, NOON, at("12:10:00"))).contains(new Schedule.Plan(NOON, 2, at("12:10:00")));
        assertThat(HOURLY.plan(lost, false, NOON, at("12:10:00")))
                .contains(new Schedule.Plan(at("13:00:00"), 1, at("13:00:00")));
        assertThat(HOURLY.plan(run(NOON, NOON, NOON), true, NOON, at("12:10:00")))
                .contains(new Schedule.Plan(at("13:00:00"), 1, at("13:00:00")));
    }

    /** SCH-3. */
    @Test
    void aDueTimeOfTheFutureCostsOnePeriod() {
        Instant future = NOON.plus(Duration.ofDays(700));
        LastRun wrong = run(future, future.plusSeconds(1), future.plusSeconds(2));
        Schedule.Plan plan = plan(HOURLY, wrong, at("12:10:00"));
        assertThat(plan).isEqualTo(new Schedule.Plan(future.plus(Duration.ofHours(1)), 1, at("13:00:00")));
        // The node that begins it has a good clock; another one, a little behind, does not begin the next one at once.
        LastRun right = run(plan.due(), at("13:00:00"), at("13:00:00"));
        assertThat(plan(HOURLY, right, at("12:59:59")).at()).isEqualTo(at("14:00:00"));
        assertThat(plan(HOURLY, right, at("13:00:01")).at()).isEqualTo(at("14:00:00"));
    }

    @Test
    void aClockThatIsALittleBehindWaitsForTheDueTime() {
        LastRun last = run(NOON, NOON, NOON);
        assertThat(plan(HOURLY, last, at("11:59:00")).at()).isEqualTo(at("13:00:00"));
    }

    @Test
    void aScheduleThatEndsHasNoPlan() {
        Schedule once = new Schedule(
                after -> after.isBefore(at("13:00:00")) ? Optional.of(at("13:00:00")) : Optional.empty(), false);
        assertThat(plan(once, null, NOON).due()).isEqualTo(at("13:00:00"));
        assertThat(once.plan(run(at("13:00:00"), NOON, NOON), false, NOON, at("14:00:00")))
                .isEmpty();
        assertThat(plan(once, run(NOON, NOON, NOON), at("18:00:00")).due()).isEqualTo(at("13:00:00"));
    }

    @Test
    void aFunctionThatDoesNotGoOnIsRefused() {
        Schedule stuck = new Schedule(Optional::of, false);
        assertThatThrownBy(() -> stuck.plan(null, false, NOON, NOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a later time, or an empty Optional, is accepted");
        Schedule nothing = new Schedule(after -> null, false);
        assertThatThrownBy(() -> nothing.plan(null, false, NOON, NOON)).isInstanceOf(IllegalStateException.class);
        Instant last = Instant.MAX;
        assertThatThrownBy(() -> HOURLY.plan(run(last, last, last), false, NOON, NOON))
                .isInstanceOf(IllegalStateException.class);
    }

    /** Against the plain search from the last due time on. */
    @Test
    void theLatestDueTimeIsThatOfAPlainSearch() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 3_000; round++) {
            TreeSet<Instant> times = new TreeSet<>();
            int count = 1 + random.nextInt(40);
            for (int i = 0; i < count; i++) {
                times.add(NOON.plusSeconds(random.nextInt(random.nextBoolean() ? 50 : 5_000)));
            }
            Schedule schedule = new Schedule(after -> Optional.ofNullable(times.higher(after)), false);
            Instant due = NOON.plusSeconds(random.nextInt(2_000) - 100);
            Instant now = due.plusSeconds(random.nextInt(6_000));
            Instant expected = times.higher(due);
            while (expected != null
                    && times.higher(expected) != null
                    && !times.higher(expected).isAfter(now)) {
                expected = times.higher(expected);
            }
            assertThat(schedule.plan(run(due, due, due), false, NOON, now).map(Schedule.Plan::due))
                    .as("after %s at %s, of %s", due, now, times)
                    .isEqualTo(Optional.ofNullable(expected));
        }
    }
}
