package io.sereno.recipes;

import io.sereno.recipes.Wire.Call;
import io.sereno.recipes.Wire.Passage;
import io.sereno.spi.BackendException.Outcome;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** A fault of one call of a client, or of the client at that moment, as far as the SPI allows it. */
public enum RequestFault {
    REQUEST_LOST,
    REPLY_LOST,
    LATE_BY_ONE_CALL,
    LATE_BY_TWO_CALLS,
    LATE_BY_THREE_CALLS,
    LATE_BY_FOUR_CALLS,
    LATE_BY_FIVE_CALLS,
    LATE_BY_A_SECOND,
    LATE_TO_THE_END_OF_THE_LEASE,
    NOT_APPLIED,
    NEVER_ANSWERED,
    CARRIED_OUT_BUT_NEVER_ANSWERED,
    REQUEST_SLOW,
    /** Later than the operation timeout. */
    REQUEST_FAR_TOO_LATE,
    REPLY_SLOW,
    /** Later than the operation timeout, later than the local deadline. */
    REPLY_FAR_TOO_LATE,
    SNAPSHOT_MISSING,
    LEASE_ENDS_BEFORE,
    LEASE_ENDS_BEFORE_THE_REPLY,
    LEASE_ENDS_AFTER,
    LEASE_ENDS_AND_RENEWALS_ARE_ACKNOWLEDGED,
    MARKER_REMOVED_BEFORE,
    MARKER_REMOVED_AFTER,
    ENTRY_REMOVED_BEFORE,
    ENTRY_REMOVED_AFTER,
    CUT_OFF,
    CUT_OFF_IN_SILENCE,
    CUT_OFF_FROM_REPLIES,
    CUT_OFF_SHORTLY;

    /** Beyond the local deadline of every session. */
    public static final Duration OUTAGE = Duration.ofSeconds(25);

    static final Duration BLIP = Duration.ofSeconds(4);

    /** Each kind of call with each of these faults. */
    public static Stream<Arguments> table(Collection<?> kinds, Collection<RequestFault> faults) {
        return kinds.stream().flatMap(kind -> faults.stream().map(fault -> Arguments.of(kind, fault)));
    }

    /** All but the removal of entries by an operator. */
    public static Set<RequestFault> withoutRemovals() {
        return EnumSet.complementOf(EnumSet.of(ENTRY_REMOVED_BEFORE, ENTRY_REMOVED_AFTER));
    }

    /** The owner's right goes before its local deadline, which no store does by itself. */
    public boolean breaksTheLease() {
        return (compareTo(LEASE_ENDS_BEFORE) >= 0 && compareTo(LEASE_ENDS_AND_RENEWALS_ARE_ACKNOWLEDGED) <= 0)
                || this == ENTRY_REMOVED_BEFORE
                || this == ENTRY_REMOVED_AFTER;
    }

    /** Held entries are watched by notices alone; sessions are checked with each renewal, a third of the ttl after the last. */
    public Duration toFindOut(Wire.Notices notices) {
        boolean byNoticesAlone = this == ENTRY_REMOVED_BEFORE || this == ENTRY_REMOVED_AFTER;
        return byNoticesAlone && notices == Wire.Notices.NONE
                ? Duration.ofDays(1)
                : Bench.TTL.dividedBy(3).plusMillis(100);
    }

    /** How long it lasts. */
    public Duration duration() {
        return switch (this) {
            case CUT_OFF, CUT_OFF_IN_SILENCE, CUT_OFF_FROM_REPLIES -> OUTAGE;
            case CUT_OFF_SHORTLY -> BLIP;
            default -> Duration.ZERO;
        };
    }

    public <T> void strike(Bench.Node victim, Call<T> call) {
        Bench bench = victim.bench();
        switch (this) {
            case REQUEST_LOST -> call.lose();
            case REPLY_LOST -> {
                var unused = call.carryOut();
                call.lose();
            }
            case LATE_BY_ONE_CALL -> lateBy(1, victim, call);
            case LATE_BY_TWO_CALLS -> lateBy(2, victim, call);
            case LATE_BY_THREE_CALLS -> lateBy(3, victim, call);
            case LATE_BY_FOUR_CALLS -> lateBy(4, victim, call);
            case LATE_BY_FIVE_CALLS -> lateBy(5, victim, call);
            case LATE_BY_A_SECOND -> {
                call.lose();
                bench.later(Duration.ofSeconds(1), call::carryOut);
            }
            case LATE_TO_THE_END_OF_THE_LEASE -> {
                call.lose();
                victim.wire().justBeforeEndOfLease(call::carryOut);
            }
            case NOT_APPLIED -> call.fail(Outcome.NOT_APPLIED);
            case NEVER_ANSWERED -> {}
            case CARRIED_OUT_BUT_NEVER_ANSWERED -> {
                var unused = call.carryOut();
            }
            case REQUEST_SLOW -> bench.later(Duration.ofSeconds(3), call::through);
            case REQUEST_FAR_TOO_LATE -> bench.later(Duration.ofSeconds(7), call::through);
            case REPLY_SLOW ->
                call.carryOutAndAnswer(Function.identity(), answer -> bench.later(Duration.ofSeconds(3), answer));
            case REPLY_FAR_TOO_LATE ->
                call.carryOutAndAnswer(Function.identity(), answer -> bench.later(Duration.ofSeconds(20), answer));
            case SNAPSHOT_MISSING -> call.throughWithoutSnapshot();
            case LEASE_ENDS_BEFORE -> {
                victim.wire().endLeases();
                call.through();
            }
            case LEASE_ENDS_BEFORE_THE_REPLY ->
                call.carryOutAndAnswer(Function.identity(), answer -> {
                    victim.wire().endLeases();
                    answer.run();
                });
            case LEASE_ENDS_AFTER -> {
                call.through();
                victim.wire().endLeases();
            }
            case LEASE_ENDS_AND_RENEWALS_ARE_ACKNOWLEDGED -> {
                victim.wire().acknowledgesDeadLeases = true;
                victim.wire().endLeases();
                call.through();
            }
            case MARKER_REMOVED_BEFORE -> {
                bench.removeEntries("session", victim);
                call.through();
            }
            case MARKER_REMOVED_AFTER -> {
                call.through();
                bench.removeEntries("session", victim);
            }
            case ENTRY_REMOVED_BEFORE -> {
                bench.removeEntries(bench.directory(), victim);
                call.through();
            }
            case ENTRY_REMOVED_AFTER -> {
                call.through();
                bench.removeEntries(bench.directory(), victim);
            }
            case CUT_OFF, CUT_OFF_SHORTLY -> {
                cut(victim, Passage.CUT);
                call.lose();
            }
            case CUT_OFF_IN_SILENCE -> cut(victim, Passage.SILENT);
            case CUT_OFF_FROM_REPLIES -> {
                cut(victim, Passage.DEAF);
                var unused = call.carryOut();
            }
        }
    }

    private void cut(Bench.Node victim, Passage how) {
        victim.wire().cut(how);
        victim.bench().later(duration(), victim.wire()::heal);
    }

    private static void lateBy(int calls, Bench.Node victim, Call<?> call) {
        victim.wire().afterOperations(calls, call::carryOut);
        call.lose();
    }
}
