package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.sereno.spi.Target;

/**
 * Where an entry stands in etcd: under {@code namespace:directory:name}. In namespace and directory {@code %} and
 * {@code :} are written as {@code %25} and {@code %3A}, so that the first two colons end them, whatever they contain, and no
 * two places meet. The name stands as it is: etcd sorts keys by their bytes, and so the names of a directory too.
 */
final class Keys {
    private final ByteString namespace;

    Keys(String namespace) {
        this.namespace = ByteString.copyFromUtf8(escape(namespace) + ":");
    }

    /** What all keys of this namespace, and no others, begin with. */
    ByteString all() {
        return namespace;
    }

    /** Where the number of the layout stands. It has no second colon, so it is in no directory. */
    ByteString layout() {
        return namespace.concat(ByteString.copyFromUtf8("layout"));
    }

    /** What all keys of this directory, and no others, begin with. */
    ByteString directory(String directory) {
        return namespace.concat(ByteString.copyFromUtf8(escape(directory) + ":"));
    }

    static ByteString entry(ByteString directory, String name) {
        return directory.concat(ByteString.copyFromUtf8(name));
    }

    /** The first key behind all those that begin so; the last byte is a colon, so the next one always exists. */
    static ByteString end(ByteString directory) {
        int last = directory.size() - 1;
        byte[] next = {(byte) (directory.byteAt(last) + 1)};
        return directory.substring(0, last).concat(ByteString.copyFrom(next));
    }

    /** The first key behind this one. */
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
