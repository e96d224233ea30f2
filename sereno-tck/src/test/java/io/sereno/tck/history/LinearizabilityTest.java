package io.sereno.tck.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.tck.history.Linearizability.Call;
import io.sereno.tck.history.Linearizability.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinearizabilityTest {
    private static final long NEVER = Long.MAX_VALUE;

    private static Call<CounterModel.Action> add(long from, long to, long delta, long sum) {
        return new Call<>("c", from, to, new CounterModel.Add(delta, Optional.of(sum)));
    }

    private static Call<CounterModel.Action> lostAdd(long from, long delta) {
        return new Call<>("c", from, NEVER, new CounterModel.Add(delta, Optional.empty()));
    }

    private static Call<CounterModel.Action> get(long from, long to, long value) {
        return new Call<>("c", from, to, new CounterModel.Get(value));
    }

    private static Verdict counter(List<Call<CounterModel.Action>> calls) {
        return Linearizability.check(calls, new CounterModel(), 100_000).verdict();
    }

    @Test
    void overlappingCallsMayComeInEitherOrder() {
        assertThat(counter(List.of(add(1, 10, 1, 2), add(2, 9, 1, 1), get(3, 8, 1))))
                .isEqualTo(Verdict.LINEARIZABLE);
    }

    @Test
    void aCallThatReturnedBeforeAnotherBeganComesFirst() {
        assertThat(counter(List.of(add(1, 2, 1, 1), get(3, 4, 0)))).isEqualTo(Verdict.IMPOSSIBLE);
    }

    @Test
    void twoSumsThatAreEqualAreImpossible() {
        assertThat(counter(List.of(add(1, 10, 1, 1), add(2, 9, 1, 1)))).isEqualTo(Verdict.IMPOSSIBLE);
    }

    @Test
    void aCallOfUnknownOutcomeMayHappenLateOrNever() {
        assertThat(counter(List.of(lostAdd(1, 5), get(10, 11, 0), get(20, 21, 5))))
                .isEqualTo(Verdict.LINEARIZABLE);
        assertThat(counter(List.of(lostAdd(1, 5), get(10, 11, 0), get(20, 21, 0))))
                .isEqualTo(Verdict.LINEARIZABLE);
    }

    @Test
    void aCallOfUnknownOutcomeHappensOnceAtMost() {
        assertThat(counter(List.of(lostAdd(1, 5), get(10, 11, 10)))).isEqualTo(Verdict.IMPOSSIBLE);
        assertThat(counter(List.of(lostAdd(1, 5), get(10, 11, 5), get(20, 21, 0))))
                .isEqualTo(Verdict.IMPOSSIBLE);
    }

    @Test
    void theCallThatFitsIntoNoOrderIsNamed() {
        Call<CounterModel.Action> stale = get(30, 31, 1);
        Linearizability.Result<CounterModel.Action> result =
                Linearizability.check(List.of(add(1, 2, 1, 1), add(10, 11, 1, 2), stale), new CounterModel(), 100_000);
        assertThat(result.verdict()).isEqualTo(Verdict.IMPOSSIBLE);
        assertThat(result.stuck()).contains(stale);
    }

    @Test
    void aSearchThatIsTooLargeSaysSo() {
        List<Call<CounterModel.Action>> calls = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            calls.add(lostAdd(i, 1L << i));
        }
        calls.add(get(100, 101, (1L << 30) + 7));
        assertThat(Linearizability.check(calls, new CounterModel(), 5_000).verdict())
                .isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void aLockHasOneHolderAndRisingTokens() {
        assertThat(lock(List.of(acquired(1, 5, 10), released(6, 8, 10), acquired(2, 9, 11))))
                .isEqualTo(Verdict.LINEARIZABLE);
        assertThat(lock(List.of(acquired(1, 5, 10), acquired(6, 8, 11)))).isEqualTo(Verdict.IMPOSSIBLE);
        assertThat(lock(List.of(acquired(1, 2, 10), released(3, 4, 10), acquired(5, 6, 10))))
                .isEqualTo(Verdict.IMPOSSIBLE);
    }

    @Test
    void aHolderMayBeLostFromTheEndOfItsSessionOn() {
        assertThat(lock(List.of(acquired(1, 2, 10), released(20, NEVER, 10), acquired(15, 30, 11))))
                .isEqualTo(Verdict.LINEARIZABLE);
        assertThat(lock(List.of(acquired(1, 2, 10), released(20, NEVER, 10), acquired(15, 19, 11))))
                .isEqualTo(Verdict.IMPOSSIBLE);
    }

    @Test
    void aWaitGroupReleasesAtZeroAndIsNeverNegative() {
        assertThat(group(List.of(
                        group(1, 2, new WaitGroupModel.Added(1)),
                        group(3, 9, new WaitGroupModel.Awaited()),
                        group(4, 8, new WaitGroupModel.Done()))))
                .isEqualTo(Verdict.LINEARIZABLE);
        assertThat(group(List.of(
                        group(1, 2, new WaitGroupModel.Added(2)),
                        group(3, 4, new WaitGroupModel.Done()),
                        group(5, 6, new WaitGroupModel.Awaited()))))
                .isEqualTo(Verdict.IMPOSSIBLE);
        assertThat(group(List.of(group(1, 2, new WaitGroupModel.Done())))).isEqualTo(Verdict.IMPOSSIBLE);
    }

    private static Call<LockModel.Action> acquired(long from, long to, long token) {
        return new Call<>("c", from, to, new LockModel.Acquired(token));
    }

    private static Call<LockModel.Action> released(long from, long to, long token) {
        return new Call<>("c", from, to, new LockModel.Released(token));
    }

    private static Verdict lock(List<Call<LockModel.Action>> calls) {
        return Linearizability.check(calls, new LockModel(), 100_000).verdict();
    }

    private static Call<WaitGroupModel.Action> group(long from, long to, WaitGroupModel.Action action) {
        return new Call<>("c", from, to, action);
    }

    private static Verdict group(List<Call<WaitGroupModel.Action>> calls) {
        return Linearizability.check(calls, new WaitGroupModel(), 100_000).verdict();
    }
}
