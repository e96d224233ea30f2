@NullMarked
package io.sereno.backend.zookeeper;

import org.jspecify.annotations.NullMarked;
