/**
 * Locks and leadership for Spring Integration: {@link io.sereno.spring.integration.SerenoLockRegistry} and
 * {@link io.sereno.spring.integration.SerenoLeaderInitiator}.
 */
@NullMarked
package io.sereno.spring.integration;

import org.jspecify.annotations.NullMarked;
