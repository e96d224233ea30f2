package io.sereno.recipes.permits;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.client.PoolRequest;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One caller's request for permits. */
final class PermitRequest extends PoolRequest {
    final int weight;
    private final int firstLimit;
    private final Scope scope;

    /** {@code firstLimit} is stored if no limit is. */
    PermitRequest(PoolQueue queue, String operation, int weight, int firstLimit, boolean onlyIfFree, boolean limited) {
        super(queue, operation, onlyIfFree, limited);
        this.weight = weight;
        this.firstLimit = firstLimit;
        this.scope = queue.scope();
    }

    @Override
    protected boolean isLike(PoolRequest other) {
        return other instanceof PermitRequest permits && permits.weight == weight;
    }

    @Override
    protected String lines(boolean granted) {
        return new Weight(weight, granted).lines();
    }

    @Override
    protected boolean isMarked(Entry place) {
        return Weight.of(place).held();
    }

    @Override
    protected Room.Answer look(List<Entry> inFront, @Nullable Entry limit) {
        int most = Limit.of(limit).orElse(firstLimit);
        if (weight > most) {
            throw new IllegalStateException(scope.about(operation()) + ": weight " + weight
                    + " is above the limit of the pool, which is " + most
                    + "; ask for fewer permits, or raise the limit with setLimit");
        }
        long sum = weight;
        for (Entry place : inFront) {
            sum += Weight.of(place).permits();
        }
        return sum <= most ? Room.Answer.FITS : Room.Answer.FULL;
    }

    @Override
    protected boolean isTaken(Snapshot directory) {
        int limit;
        try {
            limit = Limit.in(directory.entries()).orElse(firstLimit);
        } catch (UnreadableEntryException unreadable) {
            return false;
        }
        long sum = weight;
        for (Entry place : View.queue(directory)) {
            sum += scope.client().sessions().isStray(place)
                    ? 0
                    : Weight.of(place).permits();
        }
        return weight <= limit && sum > limit;
    }

    @Override
    protected @Nullable Bytes firstLimit(@Nullable Entry limit) {
        return Limit.of(limit).isPresent() ? null : Limit.FORMAT.encode(OptionalInt.of(firstLimit));
    }
}
