package io.sereno.recipes.client;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A kind of object that all recipes of one client share, such as its queues of mutexes. Each recipe declares its kinds as constants and asks
 * {@link Client#shared} for them, so that the client does not know the recipes. Two kinds are equal only if they are the same object.
 */
public final class Shared<T> {
    private final Function<Client, T> maker;
    private final Consumer<T> closer;

    /**
     * @param maker creates the object for a client; must neither block nor ask the client for another kind
     * @param closer closes the object when the client closes; idempotent
     */
    public Shared(Function<Client, T> maker, Consumer<T> closer) {
        this.maker = maker;
        this.closer = closer;
    }

    Function<Client, T> maker() {
        return maker;
    }

    Consumer<T> closer() {
        return closer;
    }
}
