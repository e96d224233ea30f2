package io.sereno.spi;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A lease of a store: entries put under it go when it ends. It lives for {@link #ttl()} from its grant or its last
 * renewal, by the store's clock, and is renewed by {@link #renew()} and nothing else. Dead is dead for good (LEA-6).
 *
 * <p>To know from outside how long it certainly lives, count from a reading of the clock <em>before</em> the grant or
 * the renewal was called (LEA-2).
 *
 * <p>Methods do not block. Instances are safe for use by multiple threads.
 */
public interface Lease {
    /**
     * What commits name it by.
     *
     * @return not 0; never given out again in this namespace (LEA-1d)
     */
    long id();

    /**
     * How long it lives without renewal.
     *
     * @return at least what was asked for (LEA-1a)
     */
    Duration ttl();

    /**
     * Prolongs it to a full ttl from now.
     *
     * @return true when it was renewed, false when it is dead for good; a failed stage says nothing about the lease
     */
    CompletionStage<Boolean> renew();

    /**
     * Ends it. May be repeated, also when it is dead already (LEA-5b).
     *
     * @return completes when its entries are gone (LEA-5a)
     */
    CompletionStage<Void> revoke();
}
