package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.sereno.spi.Target;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One target. etcd has one watcher for it, which all watches of this client share. Guarded by the state of {@link Watches}. */
final class Watched {
    private final Target target;
    private final ByteString directory;

    /** Never changed in place, so that the watches can be notified after the lock was released. */
    List<EtcdWatch> watches = List.of();
    /** The id of its etcd watcher on the stream; empty while there is none. */
    Optional<Long> id = Optional.empty();
    /** Whether etcd refused it once, perhaps because of the token. */
    boolean refused;

    Watched(Target target, ByteString directory) {
        this.target = target;
        this.directory = directory;
    }

    Target target() {
        return target;
    }

    void add(EtcdWatch watch) {
        watches = Stream.concat(watches.stream(), Stream.of(watch)).toList();
    }

    void remove(EtcdWatch watch) {
        watches = watches.stream().filter(other -> other != watch).toList();
    }

    void openOn(WatchStream stream) {
        if (target.name().isPresent()) {
            stream.create(this, Keys.entry(directory, target.name().get()), Optional.empty());
        } else {
            stream.create(this, directory, Optional.of(Keys.end(directory)));
        }
    }

    String nameOf(ByteString key) {
        return Keys.name(directory, key);
    }
}
