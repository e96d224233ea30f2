package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.sereno.spi.Target;
import java.util.Optional;

/**
 * The key of an entry in etcd: {@code namespace:directory:name}. In namespace and directory {@code %} and {@code :} are
 * written as {@code %25} and {@code %3A}. So the first two colons always end them, and no two entries share a key. The name
 * is not escaped: etcd sorts keys by their bytes, so the names of a directory are sorted too.
 */
final class Keys {
    private final ByteString namespace;

    Keys(String namespace) {
        this.namespace = ByteString.copyFromUtf8(escape(namespace) + ":");
    }

    /** The prefix of all keys of this namespace and no others. */
    ByteString all() {
        return namespace;
    }

    /** The key of the layout number. It has no second colon, so it is in no directory. */
    ByteString layout() {
        return namespace.concat(ByteString.copyFromUtf8("layout"));
    }

    /** The prefix of all keys of this directory and no others. */
    ByteString directory(String directory) {
        return namespace.concat(ByteString.copyFromUtf8(escape(directory) + ":"));
    }

    /** The prefix of the directory of a key of this namespace; empty for a key that is in no directory. */
    Optional<ByteString> directoryOf(ByteString key) {
        for (int i = namespace.size(); i < key.size(); i++) {
            if (key.byteAt(i) == ':') {
                return Optional.of(key.substring(0, i + 1));
            }
        }
        return Optional.empty();
    }

    /** The path of the directory of a key of this namespace; empty for a key that Sereno did not write for an entry. */
    Optional<String> path(ByteString key) {
        return directoryOf(key).flatMap(directory -> {
            String path = directory
                    .substring(namespace.size(), directory.size() - 1)
                    .toStringUtf8()
                    .replace("%3A", ":")
                    .replace("%25", "%");
            return directory(path).equals(directory) ? Optional.of(path) : Optional.empty();
        });
    }

    static ByteString entry(ByteString directory, String name) {
        return directory.concat(ByteString.copyFromUtf8(name));
    }

    /** The first key after all keys with this prefix. The prefix ends with a colon, so such a key always exists. */
    static ByteString end(ByteString directory) {
        int last = directory.size() - 1;
        byte[] next = {(byte) (directory.byteAt(last) + 1)};
        return directory.substring(0, last).concat(ByteString.copyFrom(next));
    }

    /** The first key after this one. */
    static ByteString next(ByteString key) {
        return key.concat(ByteString.copyFrom(new byte[1]));
    }

    static String name(ByteString directory, ByteString key) {
        return key.substring(directory.size()).toStringUtf8();
    }

    ByteString first(Target target) {
        ByteString directory = directory(target.directory());
        return target.name().map(name -> entry(directory, name)).orElse(directory);
    }

    private static String escape(String text) {
        return text.indexOf('%') < 0 && text.indexOf(':') < 0
                ? text
                : text.replace("%", "%25").replace(":", "%3A");
    }
}
