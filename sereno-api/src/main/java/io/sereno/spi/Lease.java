package io.sereno.spi;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A lease of a store: entries put under it are deleted when it ends. It lives for {@link #ttl()} from its grant or its
 * last renewal, by the store's clock, and is renewed only by {@link #renew()}. A lease that has ended stays dead
 * (LEA-6).
 *
 * <p>A client that needs to know how long the lease certainly lives counts from a reading of its clock <em>before</em>
 * it called the grant or the renewal (LEA-2).
 *
 * <p>Methods do not block. Instances are safe for use by multiple threads.
 */
public interface Lease {
    /**
     * The id by which commits name the lease.
     *
     * @return not 0; never given out again in this namespace (LEA-1d)
     */
    long id();

    /**
     * How long the lease lives without renewal.
     *
     * @return at least the ttl that was asked for (LEA-1a)
     */
    Duration ttl();

    /**
     * Renews the lease for a full ttl from now.
     *
     * @return true if it was renewed, false if it is dead; a failed stage says nothing about the lease: it fails
     *     {@code UNKNOWN} if the lease may have been renewed, or may still be, and {@code NOT_APPLIED} if it was not
     */
    CompletionStage<Boolean> renew();

    /**
     * Ends the lease. May be repeated, also if the lease is dead already (LEA-5b).
     *
     * @return completes when its entries are gone (LEA-5a); fails {@code UNKNOWN} if the lease may have been ended, or
     *     may still be, and {@code NOT_APPLIED} if it was not
     */
    CompletionStage<Void> revoke();
}
