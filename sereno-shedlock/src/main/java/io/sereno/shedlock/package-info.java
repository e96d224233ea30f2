/**
 * Locks of <a href="https://github.com/lukas-krecan/ShedLock">ShedLock</a> over Sereno: begin with
 * {@link io.sereno.shedlock.SerenoLockProvider}.
 */
@NullMarked
package io.sereno.shedlock;

import org.jspecify.annotations.NullMarked;
