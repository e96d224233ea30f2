package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.sereno.spi.DirectoryPage;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Lists directories by ranges of keys without their values, in etcd's order. A page is one range. The next one begins after all
 * keys of the last directory, so a directory of 10,000 entries costs no more than one of {@link #KEYS}.
 *
 * <p>A cursor is the key where the next range begins, without the namespace, each byte as a character.
 */
final class Directories {
    /** The most keys of one range. A large directory costs this many. */
    private static final int KEYS = 200;

    private final Keys keys;

    Directories(Keys keys) {
        this.keys = keys;
    }

    RangeRequest range(Optional<String> cursor, int limit) {
        ByteString begin = keys.all().concat(ByteString.copyFrom(cursor.orElse(""), StandardCharsets.ISO_8859_1));
        return RangeRequest.newBuilder()
                .setKey(begin)
                .setRangeEnd(Keys.end(keys.all()))
                .setKeysOnly(true)
                .setLimit(Math.min(limit, KEYS))
                .build();
    }

    /** A range has no more keys than the page may have directories. */
    DirectoryPage page(RangeResponse response) {
        Set<String> paths = new LinkedHashSet<>();
        ByteString next = keys.all();
        for (KeyValue stored : response.getKvsList()) {
            ByteString key = stored.getKey();
            next = keys.directoryOf(key).map(Keys::end).orElseGet(() -> Keys.next(key));
            keys.path(key).ifPresent(paths::add);
        }
        String cursor = next.substring(keys.all().size()).toString(StandardCharsets.ISO_8859_1);
        return new DirectoryPage(List.copyOf(paths), response.getMore() ? Optional.of(cursor) : Optional.empty());
    }
}
