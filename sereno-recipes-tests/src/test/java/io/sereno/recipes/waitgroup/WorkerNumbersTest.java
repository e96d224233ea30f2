package io.sereno.recipes.waitgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.recipes.Clients;
import io.sereno.recipes.waitgroup.WaitGroupNumbers.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Places that are taken if there are any, and the numbers of those who take them. */
@Timeout(60)
class WorkerNumbersTest {
    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final WaitGroup group = one.waitGroup("x");
    private final WaitGroup there = clients.connect("two").waitGroup("x");

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aPlaceIsTakenOnlyIfThereIsOne() {
        assertThat(group.tryJoin()).isEmpty();
        group.add(1);
        Worker worker = there.tryJoin().orElseThrow();
        assertThat(group.tryJoin()).isEmpty();
        worker.done();
        assertThat(group.tryJoin()).isEmpty();
        group.add(1);
        assertThat(group.tryJoin()).isPresent();
        one.close();
        assertThatThrownBy(group::tryJoin).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void thePlaceOfALostWorkerIsTaken() {
        group.add(1, OnLostWorker.REOPEN);
        Worker lost = there.join();
        clients.endSessions();
        Optional<Worker> next = group.tryJoin();
        assertThat(next).isPresent();
        assertThat(next.get().number()).isEqualTo(lost.number());
    }

    @Test
    void theWorkersOfAGenerationAreNumberedInTheOrderInWhichTheyJoin() {
        group.add(3);
        List<Integer> numbers = new ArrayList<>();
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Worker worker = (i % 2 == 0 ? group : there).join();
            workers.add(worker);
            numbers.add(worker.number());
        }
        assertThat(numbers).containsExactly(1, 2, 3);
        workers.get(1).done();
        group.add(1);
        assertThat(group.join().number()).isEqualTo(4);
    }

    @Test
    void theNumberOfAPlaceThatIsFreeAgainIsTheNextToBeGiven() {
        group.add(4, OnLostWorker.REOPEN);
        Worker first = group.join();
        Worker second = group.join();
        Worker third = group.join();
        second.close();
        first.done();
        assertThat(there.join().number()).isEqualTo(2);
        assertThat(there.join().number()).isEqualTo(4);
        assertThat(third.number()).isEqualTo(3);
    }

    @Test
    void theNumberOfAPlaceThatCountsAsDoneIsNotGivenAgain() {
        group.add(2, OnLostWorker.COUNT_AS_DONE);
        group.join().close();
        assertThat(there.join().number()).isEqualTo(2);
    }

    @Test
    void eachGenerationBeginsWithOne() {
        for (int generation = 1; generation <= 3; generation++) {
            group.add(1);
            Worker worker = group.join();
            assertThat(worker.number()).isEqualTo(1);
            worker.done();
        }
        group.add(1);
        group.join();
        group.delete();
        group.add(1);
        assertThat(group.join().number()).isEqualTo(1);
    }

    @Test
    void numbersGivenBackAreStoredAsRangesAndGivenFromTheLeastOn() {
        WaitGroupNumbers numbers = WaitGroupNumbers.NONE;
        for (int i = 1; i <= 9; i++) {
            assertThat(numbers.first()).isEqualTo(i);
            numbers = numbers.taken();
        }
        for (int free : new int[] {7, 3, 5, 4, 3, 0, 10}) {
            numbers = numbers.givenBack(free);
        }
        assertThat(numbers.free()).containsExactly(new Range(3, 5), new Range(7, 7));
        assertThat(numbers.encode()).isEqualTo("10 3-5,7");
        assertThat(WaitGroupNumbers.decode("10", "3-5,7")).isEqualTo(numbers);
        assertThat(WaitGroupNumbers.decode("10", "")).isEqualTo(new WaitGroupNumbers(10, List.of()));
        assertThat(numbers.givenBack(6).free()).containsExactly(new Range(3, 7));
        for (int expected : new int[] {3, 4, 5, 7, 10, 11}) {
            assertThat(numbers.first()).isEqualTo(expected);
            numbers = numbers.taken();
        }
    }

    @Test
    void moreThanAThousandRangesAreNotKept() {
        WaitGroupNumbers numbers = new WaitGroupNumbers(5_000, List.of());
        for (int free = 1; free < 5_000; free += 2) {
            numbers = numbers.givenBack(free);
        }
        assertThat(numbers.free()).hasSize(WaitGroupNumbers.MOST_RANGES);
        assertThat(numbers.first()).isEqualTo(1);
    }
}
