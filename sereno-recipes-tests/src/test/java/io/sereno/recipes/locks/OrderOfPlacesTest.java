package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.kernel.Hold;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The places of one client have another order in the store than that in which they were made, since the store refused the first one at first. Callers
 * join places by the order of the store (RWL-5).
 */
class OrderOfPlacesTest {
    private final Bench bench = new Bench("rwlock/x", Notices.EXACT);
    private final Bench.Node other = bench.connect("other");
    private final Bench.Node one = bench.connect("one");
    private final List<String> granted = new ArrayList<>();
    private final List<Hold> holds = new ArrayList<>();

    @BeforeEach
    void open() {
        other.client().open();
        one.client().open();
        ask(other, "other", Claims.WRITE_LOCK);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void noCallerJoinsAPlaceInFrontOfOneOfItsClientThatWasMadeEarlier() {
        refuseTheWriter();
        pass(100); // Longer than the pause after the refusal.
        ask(one, "later reader", Claims.READ_LOCK);
        assertThat(bench.live()).hasSize(4);
        giveBackLast();
        assertThat(granted).containsExactly("other", "reader");
        giveBackLast();
        assertThat(granted).containsExactly("other", "reader", "writer");
        giveBackLast();
        assertThat(granted).containsExactly("other", "reader", "writer", "later reader");
    }

    @Test
    void noCallerJoinsAPlaceBehindWhichOneOfItsClientWillBe() {
        refuseTheWriter();
        ask(one, "later reader", Claims.READ_LOCK);
        pass(100);
        assertThat(bench.live()).as("other, reader, later reader, writer").hasSize(4);
    }

    private void refuseTheWriter() {
        bench.strike(one, call -> call.kind == Kind.ENQUEUE, 1, RequestFault.NOT_APPLIED);
        ask(one, "writer", Claims.WRITE_LOCK);
        ask(one, "reader", Claims.READ_LOCK);
    }

    private void ask(Bench.Node node, String name, Claims claims) {
        LockQueue queue = new LockFacade(node.client(), "locks", "x", bench.directory()).queue("acquire");
        var unused = queue.request("acquire", claims, false, null).result().thenAccept(hold -> {
            granted.add(name);
            holds.add(hold.orElseThrow());
        });
    }

    private void giveBackLast() {
        var unused = holds.remove(holds.size() - 1).surrender();
        pass(100);
    }

    private void pass(int millis) {
        Duration until = bench.time.elapsed().plusMillis(millis);
        while (bench.step(until)) {}
    }
}
