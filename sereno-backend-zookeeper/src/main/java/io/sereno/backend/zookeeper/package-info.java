/**
 * The backend for ZooKeeper. Applications name it by URI, {@code zookeeper://host:port[,host:port]/namespace}, and compile
 * against nothing here.
 *
 * <p>Where to begin: {@code Paths} says where everything is stored, {@code Attempt} turns a commit into one ZooKeeper
 * transaction, {@code CommitRun} repeats that until the outcome is certain.
 */
@NullMarked
package io.sereno.backend.zookeeper;

import org.jspecify.annotations.NullMarked;
