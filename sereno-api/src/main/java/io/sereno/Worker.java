package io.sereno;

import java.util.concurrent.CompletionStage;

/** close() without done(): a failed worker, the policy applies at once. done() after a loss: GrantLostException. */
public interface Worker extends AutoCloseable {
    String id();

    void done();

    CompletionStage<LossCause> lost();

    @Override
    void close();
}
