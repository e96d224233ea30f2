package io.sereno.spi;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** renew(): true renewed, false dead for good; a failed stage says nothing about the lease. revoke(): entries are gone before it completes. */
public interface Lease {
    long id();

    Duration ttl();

    CompletionStage<Boolean> renew();

    CompletionStage<Void> revoke();
}
