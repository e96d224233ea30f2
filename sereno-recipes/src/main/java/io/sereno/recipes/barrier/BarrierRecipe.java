package io.sereno.recipes.barrier;

import io.sereno.Barrier;
import io.sereno.BarrierView;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The barrier as its users call it: hands each call to the {@link BarrierCalls} of its name, and waits. */
public final class BarrierRecipe implements Barrier {
    private static final String RECIPE = "barrier";
    private static final String OPERATION = "await";
    private static final int MOST_PARTY_BYTES = 200;

    private final Scope scope;
    private final int parties;

    public BarrierRecipe(Client client, String name, int parties, String directory) {
        if (parties < 1 || parties > MAX_PARTIES) {
            throw new IllegalArgumentException(
                    "the number of parties is " + parties + "; 1 to " + MAX_PARTIES + " are accepted");
        }
        this.scope = new Scope(client, RECIPE, name, directory);
        this.parties = parties;
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public int parties() {
        return parties;
    }

    @Override
    public void await(String party) throws InterruptedException {
        waitFor(party, null);
    }

    @Override
    public boolean await(String party, Duration timeout) throws InterruptedException {
        return waitFor(party, Scope.checkTimeout(timeout));
    }

    private boolean waitFor(String party, @Nullable Duration timeout) throws InterruptedException {
        Objects.requireNonNull(party, "party is null");
        Names.check("name of a party of '" + name() + "'", party, MOST_PARTY_BYTES);
        scope.requireNotInterrupted(OPERATION);
        BarrierCalls calls = BarrierCalls.of(scope);
        Arrival arrival = calls.enter(party, parties, timeout);
        try {
            return Await.interruptibly(arrival.result());
        } catch (InterruptedException interrupted) {
            calls.interrupt(arrival);
            boolean isWithdrawn = false;
            try {
                isWithdrawn = !Await.uninterruptibly(arrival.result());
            } finally {
                if (!isWithdrawn) {
                    Thread.currentThread().interrupt();
                }
            }
            if (isWithdrawn) {
                throw interrupted;
            }
            return true;
        }
    }

    @Override
    public BarrierView inspect() {
        Snapshot snapshot = scope.readAll("inspect");
        BarrierLook look = BarrierLook.of(snapshot);
        Map<String, Card> cards = new HashMap<>();
        for (Entry entry : snapshot.entries()) {
            cards.put(entry.name(), Card.decode(entry.value()));
        }
        return new BarrierView(
                look.state().crossings(),
                look.waiting().stream()
                        .filter(place -> look.counting(place.parties()).contains(place))
                        .map(place -> waiting(place, Objects.requireNonNull(cards.get(place.name()))))
                        .toList());
    }

    private static BarrierView.Waiting waiting(BarrierPlace place, Card card) {
        return new BarrierView.Waiting(place.party(), card.nodeId(), card.since(), place.parties());
    }

    @Override
    public void delete() {
        scope.requireOpen("delete");
        Await.uninterruptibly(
                new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), BarrierLook.HEAD).start());
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
