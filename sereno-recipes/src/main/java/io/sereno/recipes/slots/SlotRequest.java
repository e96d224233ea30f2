package io.sereno.recipes.slots;

import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.client.PoolRequest;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One caller's request for a slot. */
final class SlotRequest extends PoolRequest {
    static final int NONE = -1;

    private final Scope scope;
    private final int count;
    private final int preferred;
    /** That the last look has chosen; of a granted request, the one that it has. */
    private volatile int number = NONE;

    SlotRequest(PoolQueue queue, String operation, int count, int preferred, boolean onlyIfFree, boolean limited) {
        super(queue, operation, onlyIfFree, limited);
        this.scope = queue.scope();
        this.count = count;
        this.preferred = preferred;
    }

    int number() {
        return number;
    }

    /** What a request prefers is not stored: it matters from the choice of a number on. */
    @Override
    protected boolean isLike(PoolRequest other) {
        return other instanceof SlotRequest slot
                && slot.count == count
                && (slot.number == NONE || slot.preferred == preferred);
    }

    @Override
    protected void replaces(PoolRequest other) {
        number = ((SlotRequest) other).number;
    }

    @Override
    protected String lines(boolean granted) {
        return SlotLines.of(count, granted ? OptionalInt.of(number) : OptionalInt.empty());
    }

    @Override
    protected boolean isMarked(Entry place) {
        return SlotLines.of(place).number().isPresent();
    }

    @Override
    protected void marked(Entry own) {
        number = SlotLines.of(own).number().orElseThrow();
    }

    @Override
    protected Room.Answer look(List<Entry> inFront, @Nullable Entry limit) {
        Numbers numbers = Numbers.beside(inFront);
        Room.Answer answer = numbers.answer(count);
        if (answer == Room.Answer.FITS) {
            number = numbers.choose(preferred);
        }
        return answer;
    }

    @Override
    protected boolean isTaken(Snapshot directory) {
        List<Entry> others = View.queue(directory).stream()
                .filter(place -> !scope.client().sessions().isStray(place))
                .toList();
        return Numbers.beside(others).answer(count) == Room.Answer.FULL;
    }
}
