/**
 * Directories and entries in ZooKeeper. Applications name it by URI, {@code zookeeper://host:port[,host:port]/namespace}, and
 * compile against nothing here.
 *
 * <p>Where to begin: {@code Paths} says what is stored where, {@code Attempt} how a commit becomes one ZooKeeper
 * transaction, {@code CommitRun} how that is repeated until it is certain.
 */
@NullMarked
package io.sereno.backend.zookeeper;

import org.jspecify.annotations.NullMarked;
