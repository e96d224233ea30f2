package io.sereno.recipes.ids;

import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.InUse;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The id generator's public API: takes ids from the {@link IdSource} that all generators of a name share within a client. Safe for use by
 * multiple threads.
 */
public final class IdGeneratorRecipe implements IdGenerator {
    private final InUse<String, IdSource> sources;
    private final Scope scope;
    private final IdLayout layout;
    private volatile @Nullable IdSource source;

    public IdGeneratorRecipe(Client client, String name, String directory, IdLayout layout) {
        this.sources = client.shared(IdSource.SOURCES);
        this.scope = new Scope(client, IdSource.RECIPE, name, directory);
        this.layout = Objects.requireNonNull(layout, "layout is null");
    }

    @Override
    public long nextId() {
        IdSource shared = source("nextId");
        long id = shared.take();
        return id >= 0 ? id : await(shared, "nextId", 1)[0];
    }

    @Override
    public long[] nextIds(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count is " + count + "; 1 or more is accepted");
        }
        return await(source("nextIds"), "nextIds", count);
    }

    @Override
    public OptionalLong tryNextId(Duration timeout) throws InterruptedException {
        Duration limit = Scope.checkTimeout(timeout);
        IdSource shared = source("tryNextId");
        scope.requireNotInterrupted("tryNextId");
        long id = shared.take();
        if (id >= 0) {
            return OptionalLong.of(id);
        }
        IdSource.Request request = shared.request("tryNextId", 1, true, limit);
        try {
            Optional<long[]> made = Await.interruptibly(request.result());
            return made.isPresent() ? OptionalLong.of(made.get()[0]) : OptionalLong.empty();
        } finally {
            shared.forget(request);
        }
    }

    @Override
    public IdLayout layout() {
        return layout;
    }

    private long[] await(IdSource shared, String operation, int count) {
        IdSource.Request request =
                shared.request(operation, count, false, scope.kernel().operationTimeout());
        return Await.uninterruptibly(request.result()).orElseThrow();
    }

    /** Shared until the client closes, so that a slot is not released between two calls. */
    private IdSource source(String operation) {
        scope.requireOpen(operation);
        IdSource shared = source;
        if (shared == null) {
            shared = sources.enter(scope.directory(), () -> new IdSource(scope, layout));
            if (!shared.layout().equals(layout)) {
                throw new IllegalStateException(
                        scope.about(operation) + ": this client generates ids of this name with " + shared.layout()
                                + ", and here " + layout + " is requested; one layout for a name is accepted");
            }
            source = shared;
        }
        return shared;
    }

    @Override
    public String toString() {
        return scope + ", " + layout;
    }
}
