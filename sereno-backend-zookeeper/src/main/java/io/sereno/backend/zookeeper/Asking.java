package io.sereno.backend.zookeeper;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Requests of one call on the main session, one after the other, none of which does harm when it is done twice.
 *
 * @param main where they are sent
 * @param call what they are sent for; when it has ended, nothing more is sent
 */
record Asking(Link main, Call<?> call) {
    /** Sends the request again while it gets no answer; then the answer goes on. */
    <T> void ask(Function<Handle, CompletableFuture<Answer<T>>> request, Consumer<Answer<T>> then) {
        main.whenConnected(
                call,
                handle -> call.follow(request.apply(handle).thenAccept(answer -> {
                    if (answer.code() != Code.CONNECTIONLOSS && answer.code() != Code.SESSIONEXPIRED) {
                        then.accept(answer);
                    } else if (call.isOpen()) {
                        ask(request, then);
                    }
                })),
                this::dead);
    }

    void fail(String what, Code code) {
        call.fail(Failures.ofRead(call.what() + ": " + what, code));
    }

    /** There will be no connection any more. */
    void dead() {
        call.fail(Failures.ofRead(call.what(), Code.AUTHFAILED));
    }
}
