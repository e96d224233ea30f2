package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is stored where:
 *
 * <pre>
 * /billing/eu                          the namespace billing/eu, a node for each segment
 * /billing/eu/!sereno                  the clock: set by commits that would have no revision otherwise
 * /billing/eu/!sereno/00 ... /ff       the guards: each creation of an entry sets the one that its name falls to
 * /billing/eu/=lock%2Forders           the directory lock/orders, a container
 * /billing/eu/=lock%2Forders/k3x-1     the entry k3x-1 of it
 * </pre>
 *
 * <p>No two names collide: characters that ZooKeeper does not accept, or that have a meaning here, are written as a
 * percent sign and the hexadecimal bytes of their UTF-8. Segments of a namespace never begin with {@code !} or {@code =}.
 */
final class Paths {
    /** The number of guards. Large, since creating another entry with the same guard costs a commit a second look. */
    static final int GUARDS = 256;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final String root;
    private final String clock;

    Paths(String namespace) {
        StringBuilder path = new StringBuilder();
        if (!namespace.isEmpty()) {
            for (String segment : namespace.split("/", -1)) {
                // /zookeeper belongs to the server.
                boolean reserved = path.length() == 0 && segment.equals("zookeeper");
                path.append('/').append(reserved ? "%7Aookeeper" : encode(segment));
            }
        }
        this.root = path.toString();
        this.clock = root + "/!sereno";
    }

    /** The nodes of the namespace itself, topmost first. */
    List<String> ancestors() {
        List<String> ancestors = new ArrayList<>();
        for (int slash = root.indexOf('/', 1); slash > 0; slash = root.indexOf('/', slash + 1)) {
            ancestors.add(root.substring(0, slash));
        }
        if (!root.isEmpty()) {
            ancestors.add(root);
        }
        return ancestors;
    }

    /** The node of the namespace, below which its directories are. */
    String namespace() {
        return root.isEmpty() ? "/" : root;
    }

    String clock() {
        return clock;
    }

    String guard(int shard) {
        return clock + "/" + HexFormat.of().toHexDigits((byte) shard);
    }

    /** The guard of an entry. Part of the stored format: all clients must agree on it. */
    static int shard(String directory, String name) {
        int hash = 31 * directory.hashCode() + name.hashCode();
        return (hash * 0x9E3779B9) >>> 24;
    }

    String directory(String directory) {
        return root + "/=" + encode(directory);
    }

    static String entry(String directoryPath, String name) {
        return directoryPath + "/" + encode(name);
    }

    static String encode(String name) {
        if (name.isEmpty()) {
            return "%";
        }
        if (name.equals(".") || name.equals("..")) {
            return name.replace(".", "%2E");
        }
        StringBuilder encoded = null;
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            int end = i + Character.charCount(c);
            if (isPlain(c)) {
                if (encoded != null) {
                    encoded.appendCodePoint(c);
                }
            } else {
                if (encoded == null) {
                    encoded = new StringBuilder(name.length() + 16).append(name, 0, i);
                }
                for (byte octet : name.substring(i, end).getBytes(UTF_8)) {
                    encoded.append('%');
                    HEX.toHexDigits(encoded, octet);
                }
            }
            i = end;
        }
        return encoded == null ? name : encoded.toString();
    }

    /**
     * The name that {@link #encode} encodes as this; null if there is none, so the node was created by another program.
     */
    static @Nullable String decode(String encoded) {
        if (encoded.codePoints().allMatch(Paths::isPlain)) {
            return encoded;
        }
        if (encoded.equals("%")) {
            return "";
        }
        ByteArrayOutputStream octets = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); ) {
            if (encoded.charAt(i) == '%') {
                if (i + 3 > encoded.length()
                        || !HexFormat.isHexDigit(encoded.charAt(i + 1))
                        || !HexFormat.isHexDigit(encoded.charAt(i + 2))) {
                    return null;
                }
                octets.write(HexFormat.fromHexDigits(encoded, i + 1, i + 3));
                i += 3;
            } else {
                int percent = encoded.indexOf('%', i);
                int end = percent < 0 ? encoded.length() : percent;
                octets.writeBytes(encoded.substring(i, end).getBytes(UTF_8));
                i = end;
            }
        }
        String name = octets.toString(UTF_8);
        return encode(name).equals(encoded) ? name : null;
    }

    /** Whether ZooKeeper accepts the character in a node's name, and it has no meaning here. */
    private static boolean isPlain(int c) {
        return c > 0x1f
                && (c < 0x7f || c > 0x9f)
                && (c < 0xd800 || c > 0xf8ff)
                && c < 0xfff0
                && c != '/'
                && c != '%'
                && c != '!'
                && c != '=';
    }
}
